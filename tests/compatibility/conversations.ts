// The conversations that `npm run record` records. Together they contain every message of the protocol.
import { randomBytes } from 'node:crypto'
import type { BuddyServerOptions } from '@buddy-chat/server'
import { refusedUrl } from './fake-browser.ts'
import type { Actor, Stage } from './stage.ts'

export interface Conversation {
  readonly name: string
  readonly settings: BuddyServerOptions
  run(stage: Stage): Promise<void>
}

const settings = {
  host: '127.0.0.1',
  iceServers: [],
  rematchDelayMs: 50,
  // Users meet at once, without a language in common.
  widenInterestsMs: 0,
  widenLanguagesMs: 0,
} as const

/** Brings Ana and Bob into a text call. */
async function meet(stage: Stage): Promise<[Actor, Actor]> {
  const ana = stage.enters('Ana', { mode: 'text', interests: ['Jazz', 'chess'], languages: ['pl'] })
  ana.does('start')
  await ana.until('is waiting')
  const bob = stage.enters('Bob', { mode: 'text', interests: ['jazz'], languages: ['en'] })
  bob.does('start')
  await Promise.all([ana.until('is connected'), bob.until('is connected')])
  return [ana, bob]
}

export const conversations: readonly Conversation[] = [
  {
    name: 'text-call',
    settings,
    async run(stage) {
      const [ana, bob] = await meet(stage)
      ana.does('notifyTyping')
      await bob.until('emits typing')
      ana.does('send', 'Cześć 👋')
      await bob.until('emits message')
      bob.does('send', 'Hello')
      await ana.until('emits message {"text":"Hello"')
      bob.does('next')
      await ana.until('emits leave')
      await Promise.all([ana.until('is connected'), bob.until('is connected')])
      ana.does('stop')
      await bob.untilFrame('gets', 'partner-left')
      await bob.untilFrame('gets', 'waiting')
      // After a report the two users are never matched again.
      bob.does('report', 'spam')
      bob.does('stop')
      await bob.until('closes')
    },
  },
  {
    name: 'video-call',
    settings: {
      ...settings,
      iceServers: [{ urls: ['turn:turn.example', refusedUrl], username: 'ana', credential: 'c' }],
    },
    async run(stage) {
      const options = { relayUntilTrusted: true }
      const ana = stage.enters('Ana', options)
      ana.does('start')
      await ana.until('is waiting')
      const bob = stage.enters('Bob', options)
      bob.does('start')
      await Promise.all([ana.until('is connected'), bob.until('is connected')])
      ana.setVideo(false)
      await bob.until('emits partner-sending {"audio":true,"video":false}')
      ana.does('trust')
      await bob.until('emits trust {"self":false,"partner":true}')
      bob.does('trust')
      await ana.until('emits trust {"self":true,"partner":true}')
      bob.page('wake')
      await bob.untilFrame('sends', 'ping')
      await bob.untilFrame('gets', 'stats')
      ana.does('next')
      await bob.until('emits leave')
      await Promise.all([ana.until('is connected'), bob.until('is connected')])
      bob.does('stop')
      await ana.until('emits leave')
      ana.does('stop')
      await ana.until('closes')
    },
  },
  {
    name: 'lost-connection',
    settings,
    async run(stage) {
      const [ana, bob] = await meet(stage)
      bob.loses()
      await ana.until('emits partner-away {"isAway":true}')
      ana.does('send', 'Are you there?')
      await bob.until('emits welcome {"isResumed":true')
      await bob.until('emits message')
      await ana.until('emits partner-away {"isAway":false}')
      ana.page('freeze')
      await bob.until('emits partner-away {"isAway":true}')
      ana.page('wake')
      await bob.until('emits partner-away {"isAway":false}')
      bob.does('send', 'Yes')
      await ana.until('emits message {"text":"Yes"')
      ana.does('stop')
      await bob.untilFrame('gets', 'waiting')
      bob.does('stop')
      await bob.until('closes')
    },
  },
  {
    name: 'restart',
    settings: {
      ...settings,
      secretKey: randomBytes(24).toString('base64url'),
      shutdownTimeoutMs: 0,
    },
    async run(stage) {
      const [ana, bob] = await meet(stage)
      await stage.stops()
      await stage.starts()
      await Promise.all([
        ana.until('emits welcome {"isResumed":true'),
        bob.until('emits welcome {"isResumed":true'),
      ])
      ana.does('send', 'Still here')
      await bob.until('emits message {"text":"Still here"')
      bob.does('stop')
      await ana.untilFrame('gets', 'waiting')
      ana.does('stop')
      await ana.until('closes')
    },
  },
  {
    name: 'new-credentials',
    settings: {
      ...settings,
      turnUrls: ['turn:turn.example'],
      turnSecret: 'the secret of a TURN server',
      turnTtlMs: 2000,
    },
    async run(stage) {
      const ana = stage.enters('Ana')
      ana.does('start')
      await ana.until('is waiting')
      await ana.untilFrame('gets', 'ice-servers')
      ana.does('stop')
      await ana.until('closes')
    },
  },
  {
    name: 'unknown-site',
    settings,
    async run(stage) {
      const ana = stage.enters('Ana', { mode: 'text', site: 'no-such-site' })
      ana.does('start')
      await ana.until('is closed')
    },
  },
]
