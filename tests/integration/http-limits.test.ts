// The limit of HTTP requests for one address.
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

async function statuses(
  url: string,
  count: number,
  headers: Record<string, string> = {},
): Promise<readonly number[]> {
  const answers = Array.from({ length: count }, async () => {
    const response = await fetch(url, { headers })
    await response.arrayBuffer()
    return response.status
  })
  return Promise.all(answers)
}

const sorted = (numbers: readonly number[]): readonly number[] => numbers.toSorted((a, b) => a - b)

test('answers 429 with `too-many-requests` to an address above the limit, and to no other', async ({
  startServer,
}) => {
  const { url } = await startServer({ maxRequestsPerAddress: 3, trustedProxyHops: 1 })
  const from = (address: string) => ({ 'X-Forwarded-For': address })
  expect(sorted(await statuses(`${url}/status`, 5, from('192.0.2.1')))).toEqual([
    200, 200, 200, 429, 429,
  ])
  const refused = await fetch(`${url}/buddy-chat.js`, { headers: from('192.0.2.1') })
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(refused.headers.get('connection')).toBe('close')
  expect(await refused.json()).toEqual({
    error: 'too-many-requests',
    message: 'too many requests from one address',
  })
  expect(await statuses(`${url}/status`, 1, from('192.0.2.2'))).toEqual([200])
})

test('counts an IPv6 network as one address', async ({ startServer }) => {
  const { url } = await startServer({ maxRequestsPerAddress: 2, trustedProxyHops: 1 })
  const answers: number[] = []
  for (const host of [
    '2001:db8:1:2::1',
    '2001:db8:1:2::2',
    '2001:db8:1:2:3:4:5:6',
    '2001:db8:1:3::1',
  ]) {
    answers.push(...(await statuses(url, 1, { 'X-Forwarded-For': host })))
  }
  expect(answers).toEqual([200, 200, 429, 200])
})

test('does not limit /healthz and /readyz', async ({ startServer }) => {
  const { url } = await startServer({ maxRequestsPerAddress: 1 })
  expect(sorted(await statuses(url, 2))).toEqual([200, 429])
  expect(new Set(await statuses(`${url}/healthz`, 50))).toEqual(new Set([200]))
  expect(new Set(await statuses(`${url}/readyz`, 50))).toEqual(new Set([200]))
})

test('allows sixty browsers behind one address to load the whole page at once by default', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const paths = ['/', '/demo.css', '/demo.js', '/buddy-chat.js']
  const answers = await Promise.all(paths.map((path) => statuses(`${url}${path}`, 60)))
  expect(new Set(answers.flat())).toEqual(new Set([200]))
})

test('does not limit WebSocket handshakes', async ({ startServer }) => {
  const { url } = await startServer({ maxRequestsPerAddress: 1 })
  expect(sorted(await statuses(url, 2))).toEqual([200, 429])
  await RawClient.join(url, 'Ana')
})

test('counts refused requests in buddy_refusals_total', async ({ startServer }) => {
  const { url } = await startServer({ maxRequestsPerAddress: 2, trustedProxyHops: 1 })
  await statuses(url, 5, { 'X-Forwarded-For': '192.0.2.1' })
  const metrics = await fetch(`${url}/metrics`, { headers: { 'X-Forwarded-For': '192.0.2.2' } })
  expect(await metrics.text()).toContain('buddy_refusals_total{code="rate-limited"} 3\n')
})
