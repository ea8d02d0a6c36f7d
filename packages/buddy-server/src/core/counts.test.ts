import { expect, test } from 'vitest'
import { TestServer } from './core.fixture.ts'

const sites = [{ key: 'cafe', allowedOrigins: ['https://cafe.example'] }]

test('counts sessions, tickets and rooms of the server and of each site', async () => {
  const server = new TestServer({ sites })
  const inCafe = { site: 'cafe' }
  const [ana, bea, cem, dora] = [
    await server.join('192.0.2.1', inCafe),
    await server.join('192.0.2.2', inCafe),
    await server.join('192.0.2.3', inCafe),
    await server.join('192.0.2.4'),
  ]
  ana.enter()
  bea.enter()
  cem.enter()
  dora.enter()
  ana.disconnect()
  expect(server.core.counts()).toEqual({ users: 4, away: 1, waiting: 2, rooms: 1 })
  expect(Object.fromEntries(server.core.countsBySite())).toEqual({
    cafe: { users: 3, away: 1, waiting: 1, rooms: 1 },
    '': { users: 1, away: 0, waiting: 1, rooms: 0 },
  })
  cem.disconnect()
  expect(server.core.counts()).toEqual({ users: 4, away: 2, waiting: 1, rooms: 1 })
  expect(server.core.countsBySite().get('cafe')).toMatchObject({ away: 2, waiting: 0 })
})

test('answers the `ping` of a client with the counts of the server', async () => {
  const server = new TestServer()
  const [ana] = await server.pair()
  ana.send({ type: 'ping' })
  expect(ana.of('stats')).toEqual([{ type: 'stats', online: 2, waiting: 0, rooms: 1 }])
})
