// Nothing that was sent to a partner reaches the next partner, or a session that has ended.
import { encode } from '@buddy-chat/protocol'
import { expect, test } from 'vitest'
import { DelayedEngine } from '../engine/delayed-engine.fixture.ts'
import { MemoryEngine } from '../engine/memory/memory-engine.ts'
import { TestServer } from './core.fixture.ts'

const text = { type: 'text', text: 'for the first partner' } as const

test('relays no frame by the link of an earlier room', async () => {
  const server = new TestServer()
  const [ana, bob] = await server.pair()
  const cleo = await server.join('192.0.2.3')
  const { partner } = ana.session.participant
  for (const client of [ana, cleo]) client.enter()
  expect(cleo.of('matched')).toHaveLength(1)
  partner?.pass(encode(text))
  expect([...bob.of('text'), ...cleo.of('text')]).toEqual([])
})

test('a text that the hook allows after the room has ended does not reach the next partner', async () => {
  let allow: (isAllowed: boolean) => void = () => undefined
  const onText = (): Promise<boolean> => new Promise((resolve) => (allow = resolve))
  const server = new TestServer({}, { hooks: { onText } })
  const [ana, bob] = await server.pair()
  const cleo = await server.join('192.0.2.3')
  ana.send(text)
  for (const client of [ana, cleo]) client.enter()
  expect(cleo.of('matched')).toHaveLength(1)
  allow(true)
  await new Promise((resolve) => setImmediate(resolve))
  expect([...bob.of('text'), ...cleo.of('text')]).toEqual([])
})

test('sends nothing to a session that has ended, if an event of the engine arrives late', async () => {
  let engine: DelayedEngine | undefined
  const server = new TestServer(
    {},
    {
      createEngine: (dependencies) => {
        engine = new DelayedEngine(1, dependencies, (given) => new MemoryEngine(given))
        return engine
      },
    },
  )
  const [ana, bob] = await server.pair()
  engine?.settle()
  const { session } = ana
  const { sent } = session
  bob.send(text)
  server.core.sessions.end(session, 'lost')
  engine?.settle()
  expect(session.sent).toBe(sent)
})

test('relays no offer in text mode, because it could contain an address', async () => {
  const server = new TestServer()
  const [ana, bob] = [await server.join(), await server.join()]
  const description = { type: 'offer', sdp: 'v=0' } as const
  const offer = { description, candidates: [], sending: null, generation: null }
  for (const client of [ana, bob]) client.enter({ mode: 'text', offer })
  for (const client of [ana, bob]) client.send({ type: 'next', offer })
  server.clock.advance(server.settings.rematchDelayMs)
  expect(ana.of('matched').map(({ isOffered }) => isOffered)).toEqual([false, false])
  expect([...ana.of('signal'), ...bob.of('signal')]).toEqual([])
})

test('calls onCallInterrupted for both sessions of a room that ends, and for the partner of a lost connection', async () => {
  const interrupted: string[] = []
  const server = new TestServer({}, { onCallInterrupted: ({ id }) => void interrupted.push(id) })
  const [ana, bob] = await server.pair()
  const ids = [ana, bob].map(({ session }) => session.id)
  ana.disconnect()
  expect(interrupted.splice(0)).toEqual([ids[1]])
  bob.send({ type: 'leave' })
  expect(interrupted.toSorted()).toEqual(ids.toSorted())
})
