// What Prometheus is told.
import { expect } from 'vitest'
import { adminToken, test } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

interface Exposition {
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
  /** Of all samples of this name whose labels include `labels`, the sum; undefined where there is none. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined
}

/**
 * Reads the text format as Prometheus does (prometheus.io/docs/instrumenting/exposition_formats).
 * @throws Error where a line is none, a sample has no type, or the same one stands twice
 */
function parse(text: string): Exposition {
  const types = new Map<string, string>()
  const helps = new Set<string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  if (!text.endsWith('\n')) throw new Error('the last line is not ended')
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, help] = /^# HELP ([a-z_]\w*) \S/.exec(line) ?? []
    const [, typed, type] =
      /^# TYPE ([a-z_]\w*) (counter|gauge|histogram|summary|untyped)$/.exec(line) ?? []
    if (help !== undefined) helps.add(help)
    else if (typed !== undefined && type !== undefined) types.set(typed, type)
    else {
      const match = /^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/.exec(line)
      if (!match) throw new Error(`not a line: ${line}`)
      const [, name = '', inner = '', value = ''] = match
      const pairs = [...inner.matchAll(/([a-z_]\w*)="((?:[^"\\]|\\.)*)",?/g)]
      if (pairs.map(([whole]) => whole).join('') !== inner) throw new Error(`labels: ${line}`)
      const base = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '')
      if (!types.has(base) || !helps.has(base)) throw new Error(`no type or help: ${name}`)
      const key = `${name}{${inner}}`
      if (seen.has(key)) throw new Error(`twice: ${key}`)
      seen.add(key)
      const number = value === '+Inf' ? Infinity : Number(value)
      if (Number.isNaN(number) && value !== 'Nan' && value !== 'NaN') throw new Error(line)
      const labels = Object.fromEntries(pairs.map(([, label = '', is = '']) => [label, is]))
      samples.push({ name, labels, value: number })
    }
  }
  return {
    types,
    samples,
    value: (name, labels = {}) => {
      const found = samples.filter(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([label, is]) => sample.labels[label] === is),
      )
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
    },
  }
}

async function scrape(url: string, headers: Record<string, string> = {}): Promise<Exposition> {
  const response = await fetch(`${url}/metrics`, { headers })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  return parse(await response.text())
}

test('users, rooms, matches, refusals and traffic are counted as they happen', async ({
  startServer,
}) => {
  const { url } = await startServer({ maxUsers: 9, maxRooms: 5, allowedOrigins: ['*'] })
  const before = await scrape(url)
  expect(before.value('buddy_users')).toBe(0)
  expect(before.value('buddy_matches_total')).toBe(0)
  const [one, other] = await RawClient.pair(url)
  for (let line = 0; line < 64; line++) one.send({ type: 'typing', isTyping: true })
  one.send({ type: 'text', text: 'the last one' })
  await other.receive('text')
  one.send({ type: 'report', reason: 'spam', room: null })
  one.send({ type: 'diagnosis', reason: 'udp-blocked' })
  const stranger = await RawClient.connect(url)
  stranger.sendHello({ site: 'nobody-knows' })
  expect(await stranger.errorCode()).toBe('unknown-site')
  const unread = await RawClient.connect(url, { protocols: ['other.v1'] })
  expect(await unread.errorCode()).toBe('unsupported-version')
  await Promise.all([stranger.closed(), unread.closed()])
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

test('the wait and the relay are histograms whose buckets only grow', async ({ startServer }) => {
  const { url } = await startServer()
  const [one, other] = await RawClient.pair(url)
  // One in sixteen is timed.
  for (let line = 0; line < 16; line++)
    one.send({ type: 'signal', description: null, candidates: [], sending: null, generation: null })
  for (let line = 0; line < 16; line++) await other.receive('signal')
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

test('the time that a hook takes is no time of the relay’s', async ({ startServer }) => {
  const { url } = await startServer({}, { hooks: { onText: () => Promise.resolve(true) } })
  const [one, other] = await RawClient.pair(url)
  // One in sixteen is timed, and the sixteenth is the line.
  for (let line = 0; line < 15; line++)
    one.send({ type: 'signal', description: null, candidates: [], sending: null, generation: null })
  one.send({ type: 'text', text: 'thought about' })
  await other.receive('text')
  const { value } = await scrape(url)
  expect(value('buddy_relayed_frames_total')).toBe(16)
  expect(value('buddy_relay_seconds_count')).toBe(0)
})

test('the process tells of memory, processor time and event-loop lag', async ({ startServer }) => {
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

test('two servers in one program count apart', async ({ startServer }) => {
  const one = await startServer()
  const other = await startServer()
  await RawClient.pair(one.url)
  const [ofOne, ofOther] = [await scrape(one.url), await scrape(other.url)]
  expect([ofOne.value('buddy_matches_total'), ofOther.value('buddy_matches_total')]).toEqual([1, 0])
})

test('with an admin token configured, whoever does not show it gets 401', async ({
  startServer,
}) => {
  const { url } = await startServer({ adminToken })
  for (const headers of [{}, { Authorization: 'Bearer something-else' }]) {
    const response = await fetch(`${url}/metrics`, { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
    expect(await response.text()).not.toContain('buddy_users')
  }
  // As Prometheus sends it with `authorization: { credentials: … }`.
  const shown = await scrape(url, { Authorization: `Bearer ${adminToken}` })
  expect(shown.value('buddy_users')).toBe(0)
})

test('who is cut for what they did is counted by close code', async ({ startServer }) => {
  const { url } = await startServer({ helloTimeoutMs: 50 })
  const silent = await RawClient.connect(url)
  expect((await silent.closed()).reason).toBe('hello-timeout')
  const broken = await RawClient.join(url, 'Broken')
  for (let index = 0; index < 5; index++) broken.sendRaw('no binary frame')
  expect((await broken.closed()).reason).toBe('protocol-violation')
  const { value } = await scrape(url)
  expect(value('buddy_cuts_total', { code: 'hello-timeout' })).toBe(1)
  expect(value('buddy_cuts_total', { code: 'protocol-violation' })).toBe(1)
})
