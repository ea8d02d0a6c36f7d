import { BuddyError } from '@buddy-chat/client'
import { describe, expect, test } from 'vitest'
import type { Words } from '../words/words.ts'
import { announcement } from './announcement.ts'
import type { ChatView } from './chat-view.ts'
import { initialView } from './chat-view.ts'

const waiting: ChatView = { ...initialView, state: 'waiting' }
const inCall: ChatView = {
  ...initialView,
  state: 'connected',
  partner: { name: 'Bob', room: 'r1' },
}
const search = {
  online: 2,
  estimateMs: undefined,
  interests: ['chess'],
  languages: [],
  obstacle: 'none',
  widensInSeconds: 3,
} as const
const retry = { error: new BuddyError('server-unreachable', 'gone'), seconds: 3 }

describe('announces', () => {
  const poor: ChatView['quality'] = { receiving: 'poor', sending: 'good' }
  const muted = { audio: false, video: true }
  const hidden = { audio: true, video: false }
  for (const [name, before, change, text] of [
    [
      'a new partner',
      waiting,
      { state: 'negotiating', partner: { name: 'Bob', room: 'r1' } },
      'Connecting you with Bob…',
    ],
    ['the beginning of a call', waiting, { ...inCall }, 'You are with Bob.'],
    [
      'a partner whose camera is off at the beginning of a call',
      waiting,
      { ...inCall, partnerSending: hidden },
      'You are with Bob. Bob’s camera is off',
    ],
    [
      'a partner who left, and the search',
      inCall,
      { state: 'waiting', partner: undefined, notice: 'Bob left.' },
      'Bob left. Looking for someone…',
    ],
    ['that the partner’s camera is off', inCall, { partnerSending: hidden }, 'Bob’s camera is off'],
    ['that the partner is muted', inCall, { partnerSending: muted }, 'Bob is muted'],
    [
      'that the partner’s connection is interrupted',
      inCall,
      { isPartnerAway: true },
      'Bob’s connection is interrupted…',
    ],
    [
      'that the partner is back',
      { ...inCall, isPartnerAway: true },
      { isPartnerAway: false },
      'Bob is back.',
    ],
    [
      'a poor connection',
      inCall,
      { quality: poor },
      'Poor connection: picture and sound may falter.',
    ],
    [
      'that the connection is better',
      { ...inCall, quality: poor },
      { quality: inCall.quality },
      'The connection is better.',
    ],
    [
      'a lost path',
      inCall,
      { interruption: 'restarting' },
      'Connection interrupted. Looking for another way…',
    ],
    [
      'a restored path',
      { ...inCall, interruption: 'restarting' },
      { interruption: 'none' },
      'The connection is restored.',
    ],
    ['a lost server', inCall, { retry }, 'The server is out of reach. Your call goes on.'],
    [
      'a restored connection to the server',
      { ...inCall, retry },
      { retry: undefined },
      'The server can be reached again.',
    ],
    [
      'that the client reconnects outside a call',
      waiting,
      { state: 'reconnecting', retry },
      'The server cannot be reached',
    ],
    ['that the visitor is muted', inCall, { sending: muted }, 'Your microphone is muted'],
    ['that the visitor’s camera is off', inCall, { sending: hidden }, 'Your camera is off'],
    [
      'why the two met, at the beginning of a call',
      waiting,
      { ...inCall, meeting: { interests: ['chess', 'go'], languages: ['pl'], isRematch: false } },
      'You are with Bob. You both like chess and go. You both speak Polish.',
    ],
    [
      'why the two met only once',
      { ...inCall, meeting: { interests: ['chess'], languages: [], isRematch: false } },
      { notice: 'Slow down.' },
      'Slow down.',
    ],
    ['who is looked for', waiting, { search }, 'Looking for someone who likes chess…'],
    [
      'that the search has widened',
      { ...waiting, search },
      { search: { ...search, interests: [] } },
      'Looking for someone…',
    ],
    [
      'why nobody comes',
      { ...waiting, search },
      { search: { ...search, obstacle: 'known-people' } },
      'You have just met everybody who is here. Someone new may come any moment.',
    ],
    [
      'nothing while seconds until the search widens pass',
      { ...waiting, search },
      { search: { ...search, widensInSeconds: 2 } },
      undefined,
    ],
    ['nothing if nothing has changed', inCall, {}, undefined],
    [
      'nothing while seconds until a retry pass',
      { ...waiting, state: 'reconnecting', retry },
      { retry: { ...retry, seconds: 2 } },
      undefined,
    ],
    ['an empty text after the end', inCall, { state: 'idle' }, ''],
  ] satisfies [string, ChatView, Partial<ChatView>, string | undefined][]) {
    test(name, () => {
      expect(announcement(before, { ...before, ...change })).toBe(text)
    })
  }
})

test('announces in the language of the view', () => {
  const words: Words = { ...initialView.words, muted: 'Ton aus bei {partner}' }
  const german = { ...inCall, words }
  expect(announcement(german, { ...german, partnerSending: { audio: false, video: true } })).toBe(
    'Ton aus bei Bob',
  )
})
