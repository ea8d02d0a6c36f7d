// What the server sends before a close reaches the page, in each browser.
import type { BuddyClient } from '@buddy-chat/client'
import { expect } from 'vitest'
import { test } from './fixtures.ts'

interface Attempts {
  readonly url: string
  readonly count: number
  /** Whether the page sends something as soon as the connection is open. */
  readonly isTalkative: boolean
}

interface Refused {
  readonly frames: number
  readonly code: number
}

/** Connects several times, one after the other, and returns what each attempt receives. */
async function connect({ url, count, isTalkative }: Attempts): Promise<Refused[]> {
  const attempt = (): Promise<Refused> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${url}/ws`, 'buddy.v1')
      let frames = 0
      if (isTalkative) socket.addEventListener('open', () => socket.send(new Uint8Array([0])))
      socket.addEventListener('message', () => frames++)
      socket.addEventListener('close', ({ code }) => resolve({ frames, code }))
    })
  const results: Refused[] = []
  for (let number = 0; number < count; number++) results.push(await attempt())
  return results
}

const attempts = 15

for (const browser of ['Firefox', 'Chromium'] as const) {
  test(`${browser}: each of ${attempts} refusals at the upgrade arrives with its frame, whether the page talks or not`, async ({
    startServer,
    visit,
    visitWithFirefox,
    hostPage,
  }) => {
    const { url } = await startServer({ allowedOrigins: ['https://elsewhere.example'] })
    const page = await hostPage('<!doctype html><title>A site</title><buddy-chat></buddy-chat>')
    const { page: tab } = await (browser === 'Firefox' ? visitWithFirefox(page) : visit(page))
    const expected = Array.from({ length: attempts }, () => ({ frames: 1, code: 4501 }))
    for (const isTalkative of [true, false]) {
      const plan = { url: url.replace('http', 'ws'), count: attempts, isTalkative }
      expect(await tab.evaluate(connect, plan)).toEqual(expected)
    }
  })
}

/** Starts, tries again at once after each refusal, and returns what the client was told each time. */
function refusals(count: number): Promise<unknown[]> {
  const { client } = document.querySelector('buddy-chat') as unknown as { client: BuddyClient }
  return new Promise((resolve) => {
    const told: unknown[] = []
    client.on('retry', ({ error: { code, message, retryAfterMs }, delayMs }) => {
      told.push({ code, message, retryAfterMs, waits: delayMs >= (retryAfterMs ?? Infinity) })
      if (told.length === count) resolve(told)
      else client.retryNow()
    })
    void client.start({ mode: 'text' })
  })
}

test(`Firefox: the client honours the time of each of ${attempts} refusals`, async ({
  startServer,
  visitWithFirefox,
}) => {
  const { url } = await startServer({ maxConnectionsPerAddress: 0 })
  const { page } = await visitWithFirefox(url)
  const expected = {
    code: 'too-many-connections',
    // The words of the frame; a close has only its name.
    message: 'too many connections from one address',
    retryAfterMs: 10_000,
    waits: true,
  }
  expect(await page.evaluate(refusals, attempts)).toEqual(
    Array.from({ length: attempts }, () => expected),
  )
})
