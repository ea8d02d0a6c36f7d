import { expect, test } from 'vitest'
import type { Clock } from '../clock.ts'
import { defaultOptions } from '../config/server-settings.ts'
import { createTestSession, TestLink, testWelcome } from '../sessions/session.fixture.ts'
import type { Session } from '../sessions/session.ts'
import { IceRefresh } from './ice-refresh.ts'
import { createSites } from './site.ts'

/** A clock with at most one timer, which a test fires. */
class OneTimerClock implements Clock {
  callback: (() => void) | undefined
  delayMs = 0

  now(): number {
    return 0
  }

  every(): () => void {
    throw new Error('not needed here')
  }

  after(delayMs: number, callback: () => void): () => void {
    this.delayMs = delayMs
    this.callback = callback
    return () => {
      if (this.callback === callback) this.callback = undefined
    }
  }

  fire(): void {
    const { callback } = this
    this.callback = undefined
    callback?.()
  }
}

const site = createSites({
  ...defaultOptions,
  iceServers: [],
  turnUrls: ['turn:turn.example'],
  turnSecret: 'a secret between two servers',
  turnTtlMs: 60_000,
}).get('')!

function begin(): {
  clock: OneTimerClock
  refresh: IceRefresh
  session: Session
  sent: Uint8Array[]
} {
  const clock = new OneTimerClock()
  const refresh = new IceRefresh(
    clock,
    () => site,
    () => 0,
  )
  const session = createTestSession()
  const link = new TestLink()
  session.attach(link, undefined, testWelcome)
  refresh.begin(session)
  return { clock, refresh, session, sent: link.frames }
}

test('sends new credentials each time that half of their lifetime is over, until the session ends', () => {
  const { clock, refresh, session, sent } = begin()
  expect(clock.delayMs).toBe(30_000)
  clock.fire()
  clock.fire()
  expect(sent).toHaveLength(3)
  refresh.end(session)
  expect(clock.callback).toBeUndefined()
})

test('sends no credentials to a session that is away, and continues when it has resumed', () => {
  const { clock, session, sent } = begin()
  session.detach()
  clock.fire()
  expect([sent, session.sent]).toEqual([[testWelcome()], 0])
  const link = new TestLink()
  session.attach(link, 0, testWelcome)
  clock.fire()
  expect(link.frames).toHaveLength(2)
})
