// GET /metrics, in the text format of Prometheus.
import { expect } from 'vitest'
import { adminToken, test } from '../server-fixture.ts'
import type { Exposition } from './prometheus-text.ts'
import { parseMetrics } from './prometheus-text.ts'
import { RawClient } from './raw-client.ts'

async function scrape(url: string, headers: Record<string, string> = {}): Promise<Exposition> {
  const response = await fetch(`${url}/metrics`, { headers })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  return parseMetrics(await response.text())
}

test('counts users, rooms, matches, refusals and traffic', async ({ startServer }) => {
  const { url } = await startServer({ maxUsers: 9, maxRooms: 5, allowedOrigins: ['*'] })
  const before = await scrape(url)
  expect(before.value('buddy_users')).toBe(0)
  expect(before.value('buddy_matches_total')).toBe(0)
  const [one, other] = await RawClient.pair(url)
  for (let count = 0; count < 64; count++) one.send({ type: 'typing', isTyping: true })
  one.send({ type: 'text', text: 'last' })
  await other.receive('text')
  one.send({ type: 'report', reason: 'spam', room: null })
  one.send({ type: 'diagnosis', reason: 'udp-blocked' })
  const refusedClient = await RawClient.connect(url)
  refusedClient.sendHello({ site: 'unknown' })
  expect(await refusedClient.errorCode()).toBe('unknown-site')
  const unread = await RawClient.connect(url, { protocols: ['other.v1'] })
  expect(await unread.errorCode()).toBe('unsupported-version')
  await Promise.all([refusedClient.closed(), unread.closed()])
  await one.settled()
  const relayedFrames = other.unread.filter((type) => type === 'typing').length + 1

  const now = await scrape(url)
  const values = (names: readonly string[]): unknown[] => names.map((name) => now.value(name))
  expect(values(['buddy_users', 'buddy_users_max', 'buddy_rooms', 'buddy_rooms_max'])).toEqual([
    2, 9, 1, 5,
  ])
  expect(values(['buddy_waiting', 'buddy_users_away', 'buddy_connections'])).toEqual([0, 0, 2])
  expect(values(['buddy_sessions_total', 'buddy_matches_total'])).toEqual([2, 1])
  expect(now.value('buddy_refusals_total', { code: 'unknown-site' })).toBe(1)
  expect(now.value('buddy_refusals_total', { code: 'unsupported-version' })).toBe(1)
  expect(now.value('buddy_reports_total', { reason: 'spam' })).toBe(1)
  expect(now.value('buddy_call_failures_total', { reason: 'udp-blocked' })).toBe(1)
  expect(now.value('buddy_relayed_frames_total')).toBe(relayedFrames)
  expect(now.value('buddy_relayed_bytes_total')).toBeGreaterThan(relayedFrames * 3)
  expect(now.value('buddy_info')).toBe(1)

  other.send({ type: 'leave' })
  await one.receive('partner-left')
  const after = await scrape(url)
  expect(after.value('buddy_rooms')).toBe(0)
  expect(after.value('buddy_rooms_ended_total', { reason: 'left' })).toBe(1)
  expect(after.value('buddy_room_seconds_count')).toBe(1)
})

test('exposes wait and relay times as histograms with cumulative buckets', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const [one, other] = await RawClient.pair(url)
  // The server measures the relay time of every sixteenth frame.
  for (let count = 0; count < 16; count++)
    one.send({ type: 'signal', description: null, candidates: [], sending: null, generation: null })
  for (let count = 0; count < 16; count++) await other.receive('signal')
  const { samples, types, value } = await scrape(url)
  for (const [name, count] of [
    ['buddy_wait_seconds', 2],
    ['buddy_relay_seconds', 1],
  ] as const) {
    expect(types.get(name)).toBe('histogram')
    expect(value(`${name}_count`)).toBe(count)
    expect(value(`${name}_sum`)).toBeGreaterThanOrEqual(0)
    const buckets = samples.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) => Number(labels['le']?.replace('+Inf', 'Infinity')))
    expect(bounds).toEqual([...bounds].sort((a, b) => a - b))
    expect(bounds.at(-1)).toBe(Infinity)
    const counts = buckets.map((bucket) => bucket.value)
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
    expect(counts.at(-1)).toBe(count)
  }
})

test('does not count the time of a hook as relay time', async ({ startServer }) => {
  const { url } = await startServer({}, { hooks: { onText: () => Promise.resolve(true) } })
  const [one, other] = await RawClient.pair(url)
  // The server measures the relay time of every sixteenth frame, which is the text here.
  for (let count = 0; count < 15; count++)
    one.send({ type: 'signal', description: null, candidates: [], sending: null, generation: null })
  one.send({ type: 'text', text: 'hello' })
  await other.receive('text')
  const { value } = await scrape(url)
  expect(value('buddy_relayed_frames_total')).toBe(16)
  expect(value('buddy_relay_seconds_count')).toBe(0)
})

test('exposes memory, CPU time and event loop lag of the process', async ({ startServer }) => {
  const { url } = await startServer()
  const { value, types } = await scrape(url)
  expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6)
  expect(value('process_cpu_seconds_total')).toBeGreaterThan(0)
  expect(value('process_start_time_seconds')).toBeGreaterThan(1e9)
  expect(value('nodejs_heap_size_used_bytes')).toBeGreaterThan(1e6)
  for (const name of ['nodejs_eventloop_lag_seconds', 'nodejs_eventloop_lag_p99_seconds']) {
    expect(types.get(name)).toBe('gauge')
    expect(value(name)).toBeDefined()
  }
})

test('keeps separate counts for two servers in one process', async ({ startServer }) => {
  const one = await startServer()
  const other = await startServer()
  await RawClient.pair(one.url)
  const [ofOne, ofOther] = [await scrape(one.url), await scrape(other.url)]
  expect([ofOne.value('buddy_matches_total'), ofOther.value('buddy_matches_total')]).toEqual([1, 0])
})

test('answers 401 to a request without the configured admin token', async ({ startServer }) => {
  const { url } = await startServer({ adminToken })
  for (const headers of [{}, { Authorization: 'Bearer something-else' }]) {
    const response = await fetch(`${url}/metrics`, { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
    expect(await response.text()).not.toContain('buddy_users')
  }
  // Prometheus sends this header if its configuration has `authorization: { credentials: … }`.
  const shown = await scrape(url, { Authorization: `Bearer ${adminToken}` })
  expect(shown.value('buddy_users')).toBe(0)
})

test('counts connections that the server closed, by close code', async ({ startServer }) => {
  // The timeout is long enough for the second client to send its hello on a busy machine.
  const { url } = await startServer({ helloTimeoutMs: 1000 })
  const silent = await RawClient.connect(url)
  expect((await silent.closed()).reason).toBe('hello-timeout')
  const broken = await RawClient.join(url, 'Broken')
  for (let index = 0; index < 5; index++) broken.sendRaw('not a binary frame')
  expect((await broken.closed()).reason).toBe('protocol-violation')
  const { value } = await scrape(url)
  expect(value('buddy_cuts_total', { code: 'hello-timeout' })).toBe(1)
  expect(value('buddy_cuts_total', { code: 'protocol-violation' })).toBe(1)
})
