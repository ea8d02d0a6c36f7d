// If the server refuses a connection, it sends an error frame and closes the connection. The frame
// must reach the page in each browser.
import type { BuddyClient } from '@buddy-chat/client'
import { expect } from 'vitest'
import { test } from './fixtures.ts'

interface Attempts {
  readonly url: string
  readonly count: number
  /** Whether the page sends a frame as soon as the connection is open. */
  readonly sendsAtOnce: boolean
}

interface Refused {
  readonly frames: number
  readonly code: number
}

/** Opens `count` connections at the same time, and returns what each of them received. */
async function connect({ url, count, sendsAtOnce }: Attempts): Promise<Refused[]> {
  const attempt = (): Promise<Refused> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${url}/ws`, 'buddy.v1')
      let frames = 0
      if (sendsAtOnce) socket.addEventListener('open', () => socket.send(new Uint8Array([0])))
      socket.addEventListener('message', () => frames++)
      socket.addEventListener('close', ({ code }) => resolve({ frames, code }))
    })
  return Promise.all(Array.from({ length: count }, attempt))
}

const attempts = 15

for (const browser of ['Firefox', 'Chromium'] as const) {
  test(`${browser} receives the error frame of each of ${attempts} refused connections, whether or not the page sends something first`, async ({
    startServer,
    visit,
    visitWithFirefox,
    hostPage,
  }) => {
    const { url } = await startServer({ allowedOrigins: ['https://elsewhere.example'] })
    const page = await hostPage('<!doctype html><title>A site</title><buddy-chat></buddy-chat>')
    const { page: tab } = await (browser === 'Firefox' ? visitWithFirefox(page) : visit(page))
    const expected = Array.from({ length: attempts }, () => ({ frames: 1, code: 4501 }))
    for (const sendsAtOnce of [true, false]) {
      const plan = { url: url.replace('http', 'ws'), count: attempts, sendsAtOnce }
      expect(await tab.evaluate(connect, plan)).toEqual(expected)
    }
  })
}

/**
 * Starts a client, retries at once after each refusal, and resolves with what the client's first
 * `count` `retry` events contained.
 */
function refusals(count: number): Promise<unknown[]> {
  const { client } = document.querySelector('buddy-chat') as unknown as { client: BuddyClient }
  return new Promise((resolve) => {
    const retries: unknown[] = []
    client.on('retry', ({ error: { code, message, retryAfterMs }, delayMs }) => {
      retries.push({
        code,
        message,
        retryAfterMs,
        isHonoured: delayMs >= (retryAfterMs ?? Infinity),
      })
      if (retries.length === count) resolve(retries)
      else client.retryNow()
    })
    void client.start({ mode: 'text' })
  })
}

test(`Firefox: the client’s retry delay is at least retryAfterMs after each of ${attempts} refusals`, async ({
  startServer,
  visitWithFirefox,
}) => {
  const { url } = await startServer({ maxConnectionsPerAddress: 0 })
  const { page } = await visitWithFirefox(url)
  const expected = {
    code: 'too-many-connections',
    // The client has this message from the error frame, because the close reason contains only the
    // code.
    message: 'too many connections from one address',
    retryAfterMs: 10_000,
    isHonoured: true,
  }
  expect(await page.evaluate(refusals, attempts)).toEqual(
    Array.from({ length: attempts }, () => expected),
  )
})
