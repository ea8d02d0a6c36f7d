import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { parseRetryAfter, postByFetch, failureReason } from './post-by-fetch.ts'

const request = { headers: { 'Content-Type': 'application/json' }, body: '{}', timeoutMs: 5000 }

/** Starts a server, which listens until the test ends. Returns its URL. */
async function receive(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
}

test.for([301, 302, 307, 308])('does not follow a redirect (%d)', async (status) => {
  let isFollowed = false
  const elsewhere = await receive((_, response) => {
    isFollowed = true
    response.end()
  })
  const url = await receive((_, response) => {
    response.writeHead(status, { Location: elsewhere }).end()
  })
  expect(await postByFetch(url, request)).toEqual({ status })
  expect(isFollowed).toBe(false)
})

test('rejects with TimeoutError if the receiver does not respond in time', async () => {
  const url = await receive(() => undefined)
  const reason = await postByFetch(url, { ...request, timeoutMs: 5 }).catch(failureReason)
  expect(reason).toBe('TimeoutError')
})

test('rejects with a reason that does not contain the address if the connection fails', async () => {
  const url = await receive((incoming) => incoming.socket.destroy())
  const reason = await postByFetch(url, request).catch(failureReason)
  expect(reason).toMatch(/^[A-Z_]+$/)
})

test('returns the status even if the body never ends', async () => {
  const url = await receive((_, response) => {
    response.writeHead(200)
    const more = (): void => void response.write('x'.repeat(70_000), () => setImmediate(more))
    more()
    response.on('error', () => undefined)
  })
  expect(await postByFetch(url, request)).toEqual({ status: 200 })
})

test('returns the status even if the body is cut off', async () => {
  const url = await receive((_, response) => {
    response.writeHead(202, { 'Content-Length': 100 })
    response.write('a start', () => response.destroy())
  })
  expect(await postByFetch(url, request)).toEqual({ status: 202 })
})

test('uses one connection for successive requests', async () => {
  const ports = new Set<number | undefined>()
  const url = await receive((incoming, response) => {
    ports.add(incoming.socket.remotePort)
    response.end('thank you')
  })
  await postByFetch(url, request)
  await postByFetch(url, request)
  expect(ports.size).toBe(1)
})

test('reads Retry-After in seconds or as a date', async () => {
  const nowMs = Date.parse('Tue, 24 Nov 2026 12:00:00 GMT')
  expect(parseRetryAfter('120', nowMs)).toBe(120_000)
  expect(parseRetryAfter(' 0 ', nowMs)).toBe(0)
  expect(parseRetryAfter('Tue, 24 Nov 2026 12:00:30 GMT', nowMs)).toBe(30_000)
  expect(parseRetryAfter('Tue, 24 Nov 2026 11:00:00 GMT', nowMs)).toBe(0)
  for (const none of [null, '', '-1', '1.5', 'soon', '2026-11-24', 'Tue, or so GMT']) {
    expect(parseRetryAfter(none, nowMs)).toBeUndefined()
  }
  const url = await receive((_, response) => {
    response.writeHead(429, { 'Retry-After': '7' }).end()
  })
  expect(await postByFetch(url, request)).toEqual({ status: 429, retryAfterMs: 7000 })
})
