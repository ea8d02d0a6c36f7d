// Tests which figures /status, /healthz and /readyz return, and which of them need the admin token.
import { expect } from 'vitest'
import { adminToken, test } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

const sites = [
  { key: 'cafe', allowedOrigins: ['https://cafe.example'], maxUsers: 10 },
  { key: 'empty', allowedOrigins: ['https://empty.example'] },
]

interface StatusAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

async function status(url: string, authorization?: string): Promise<StatusAnswer> {
  const headers = authorization === undefined ? {} : { Authorization: authorization }
  const response = await fetch(`${url}/status`, { headers })
  const body = (await response.json()) as Record<string, unknown>
  return { status: response.status, headers: response.headers, body }
}

async function joinSite(url: string, site: string, origin: string): Promise<RawClient> {
  const client = await RawClient.connect(url, { origin })
  client.sendHello({ site })
  await client.receive('welcome')
  return client
}

/**
 * Connects four users: two of the site `cafe` in a room, one of this site who waits, and one without a
 * site.
 */
async function populate(url: string): Promise<void> {
  const cafe = 'https://cafe.example'
  const users = [
    await joinSite(url, 'cafe', cafe),
    await joinSite(url, 'cafe', cafe),
    await joinSite(url, 'cafe', cafe),
  ] as const
  users[0].enter()
  await users[0].receive('waiting')
  users[1].enter()
  await users[0].receive('matched')
  users[2].enter()
  await users[2].receive('waiting')
  await RawClient.join(url, 'Own')
}

test('/status lists sites if the request has the admin token, and otherwise totals only', async ({
  startServer,
}) => {
  const { url } = await startServer({ adminToken, sites, maxUsers: 16, maxRooms: 4 })
  await populate(url)
  const totals = { users: 4, waiting: 1, rooms: 1, load_percent: 25, room_percent: 25, matches: 1 }
  const basic = (password: string): string => `Basic ${btoa(`operator:${password}`)}`
  for (const authorization of [`Bearer ${adminToken}`, `bearer ${adminToken}`, basic(adminToken)]) {
    const { body, headers } = await status(url, authorization)
    expect(body).toMatchObject({
      ...totals,
      sites: [
        { key: '', users: 1, max_users: 16, waiting: 0, rooms: 0 },
        { key: 'cafe', users: 3, max_users: 10, waiting: 1, rooms: 1 },
        { key: 'empty', users: 0, max_users: 16, waiting: 0, rooms: 0 },
      ],
    })
    // No page of another origin may read this response, not even one with the origin `null`.
    expect(headers.has('access-control-allow-origin')).toBe(false)
  }
  const others = [undefined, 'Bearer', `Bearer ${adminToken}x`, basic(''), `Digest ${adminToken}`]
  for (const authorization of others) {
    const answer = await status(url, authorization)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject(totals)
    expect(answer.body).not.toHaveProperty('sites')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  }
})

test('accepts no admin token, not even an empty one, if none is configured', async ({
  startServer,
}) => {
  const { url } = await startServer({ sites })
  for (const authorization of ['Bearer ', `Basic ${btoa('operator:')}`]) {
    expect((await status(url, authorization)).body).not.toHaveProperty('sites')
    const dashboard = await fetch(`${url}/dashboard`, { headers: { Authorization: authorization } })
    expect(dashboard.status).toBe(404)
  }
})

test('/status returns null wait times before the first match, then whole milliseconds', async ({
  startServer,
}) => {
  const { url } = await startServer()
  expect((await status(url)).body['wait_ms']).toEqual({ p50: null, p95: null, p99: null })
  await RawClient.pair(url)
  const { p50, p95, p99 } = (await status(url)).body['wait_ms'] as Record<string, number>
  for (const wait of [p50, p95, p99]) expect(Number.isInteger(wait)).toBe(true)
  expect(p50).toBeLessThanOrEqual(p95!)
  expect(p95).toBeLessThanOrEqual(p99!)
})

test('/status counts a user without a connection as away, not as waiting', async ({
  startServer,
}) => {
  const { url, server } = await startServer()
  const partner = await RawClient.join(url, 'Partner')
  const [one] = await RawClient.pair(url, 'den')
  one.tcp.destroy()
  await one.closed()
  await partner.settled()
  expect(server.status()).toMatchObject({ users: 3, away: 1, rooms: 1, waiting: 0 })
})

test('/healthz and /readyz return 200 while the server accepts clients', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const [health, ready] = await Promise.all([fetch(`${url}/healthz`), fetch(`${url}/readyz`)])
  expect([health.status, await health.json()]).toEqual([200, { status: 'healthy' }])
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }])
})
