// A ticket may carry an offer for a partner who is already waiting. This saves one signalling trip
// before media.
import type { MessageOf } from '@buddy-chat/protocol'
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

const offer = {
  description: { type: 'offer', sdp: 'v=0\r\n' },
  candidates: [],
  sending: { audio: true, video: false },
  generation: null,
} as const
const signal: MessageOf<'signal'> = { type: 'signal', ...offer }

async function waiting(url: string, ticket = {}): Promise<RawClient> {
  const client = await RawClient.join(url, 'Waiting')
  client.enter(ticket)
  await client.receive('waiting')
  return client
}

test('relays the offer of a ticket after `matched`, whose `isOffered` is true for both clients', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const waited = await waiting(url)
  const newcomer = await RawClient.join(url, 'Newcomer')
  newcomer.enter({ offer })
  expect(await newcomer.receive('matched')).toMatchObject({ isPolite: false, isOffered: true })
  expect(await waited.receive('matched')).toMatchObject({ isPolite: true, isOffered: true })
  expect(await waited.receive('signal')).toEqual(signal)
  await newcomer.settled()
  expect(newcomer.unread).toEqual([])
})

test('relays the offer of next after `matched`', async ({ startServer }) => {
  const { url } = await startServer()
  const [one, other] = await RawClient.pair(url)
  const waited = await waiting(url)
  one.send({ type: 'next', offer })
  expect((await one.receive('matched')).isOffered).toBe(true)
  expect(await waited.receive('signal')).toEqual(signal)
  await other.receive('partner-left')
  expect(other.unread).toEqual([])
})

test('drops the offer if the ticket has to wait for a partner', async ({ startServer }) => {
  const { url } = await startServer()
  const waited = await waiting(url, { offer })
  const newcomer = await RawClient.join(url, 'Newcomer')
  newcomer.enter()
  expect((await newcomer.receive('matched')).isOffered).toBe(false)
  expect((await waited.receive('matched')).isOffered).toBe(false)
  await Promise.all([waited.settled(), newcomer.settled()])
  expect([waited.unread, newcomer.unread]).toEqual([[], []])
})

test('drops the offer if the ticket has to wait for a free room', async ({ startServer }) => {
  const { url } = await startServer({ maxRooms: 1 })
  const [one] = await RawClient.pair(url)
  const [first, second] = [await waiting(url, { offer }), await waiting(url, { offer })]
  one.send({ type: 'leave' })
  expect((await first.receive('matched')).isOffered).toBe(false)
  expect((await second.receive('matched')).isOffered).toBe(false)
})

test('drops the offer in text mode, because it contains IP addresses', async ({ startServer }) => {
  const { url } = await startServer()
  const waited = await waiting(url, { mode: 'text' })
  const newcomer = await RawClient.join(url, 'Newcomer')
  newcomer.enter({ mode: 'text', offer })
  expect((await newcomer.receive('matched')).isOffered).toBe(false)
  await waited.receive('matched')
  await waited.settled()
  expect(waited.unread).toEqual([])
})

test('answers ping with stats', async ({ startServer }) => {
  const { url } = await startServer()
  const ana = await RawClient.join(url, 'Ana')
  ana.send({ type: 'ping' })
  expect(await ana.receive('stats')).toMatchObject({ online: 1, waiting: 0, rooms: 0 })
})
