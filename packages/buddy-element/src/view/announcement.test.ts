import { BuddyError } from '@buddy-chat/client'
import { describe, expect, test } from 'vitest'
import { announcement } from './announcement.ts'
import type { ChatView } from './chat-view.ts'
import { initialView } from './initial-view.ts'

const waiting: ChatView = { ...initialView, state: 'waiting' }
const inCall: ChatView = {
  ...initialView,
  state: 'connected',
  partner: { name: 'Bob', room: 'r1' },
}
const retry = { error: new BuddyError('server-unreachable', 'gone'), seconds: 3 }

describe('what a screen reader says', () => {
  const poor: ChatView['quality'] = { receiving: 'poor', sending: 'good' }
  const muted = { audio: false, video: true }
  const hidden = { audio: true, video: false }
  for (const [name, before, change, said] of [
    [
      'a partner is found',
      waiting,
      { state: 'negotiating', partner: { name: 'Bob', room: 'r1' } },
      'Connecting you with Bob…',
    ],
    ['a call begins', waiting, { ...inCall }, 'You are with Bob.'],
    [
      'a partner begins without a camera',
      waiting,
      { ...inCall, partnerSending: hidden },
      'You are with Bob. Bob’s camera is off',
    ],
    [
      'the partner leaves',
      inCall,
      { state: 'waiting', partner: undefined, notice: 'Bob left.' },
      'Bob left. Looking for someone…',
    ],
    ['the camera goes off', inCall, { partnerSending: hidden }, 'Bob’s camera is off'],
    ['the microphone goes off', inCall, { partnerSending: muted }, 'Bob is muted'],
    ['the partner is away', inCall, { isPartnerAway: true }, 'Bob’s connection is interrupted…'],
    [
      'the partner is back',
      { ...inCall, isPartnerAway: true },
      { isPartnerAway: false },
      'Bob is back.',
    ],
    [
      'the connection is poor',
      inCall,
      { quality: poor },
      'Poor connection: picture and sound may falter.',
    ],
    [
      'it is better',
      { ...inCall, quality: poor },
      { quality: inCall.quality },
      'The connection is better.',
    ],
    [
      'the path is lost',
      inCall,
      { interruption: 'restarting' },
      'Connection interrupted. Looking for another way…',
    ],
    [
      'and found',
      { ...inCall, interruption: 'restarting' },
      { interruption: 'none' },
      'The connection is there again.',
    ],
    ['the server is lost', inCall, { retry }, 'The server is out of reach. Your call goes on.'],
    ['and found', { ...inCall, retry }, { retry: undefined }, 'The server is there again.'],
    [
      'the client reconnects without a call',
      waiting,
      { state: 'reconnecting', retry },
      'The server cannot be reached',
    ],
    ['the visitor mutes', inCall, { sending: muted }, 'Your microphone is muted'],
    ['the visitor hides', inCall, { sending: hidden }, 'Your camera is off'],
    ['nothing has changed', inCall, {}, undefined],
    [
      'seconds pass until a retry',
      { ...waiting, state: 'reconnecting', retry },
      { retry: { ...retry, seconds: 2 } },
      undefined,
    ],
    ['it is over', inCall, { state: 'idle' }, ''],
  ] satisfies [string, ChatView, Partial<ChatView>, string | undefined][]) {
    test(name, () => {
      expect(announcement(before, { ...before, ...change })).toBe(said)
    })
  }
})
