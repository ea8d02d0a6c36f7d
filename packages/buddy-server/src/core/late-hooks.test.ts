import { expect, test } from 'vitest'
import { onConnectTimeoutMs } from '../hooks/hooks.ts'
import { TestServer } from './core.fixture.ts'

test('a client is refused if onConnect does not answer in time, also if it answers later', async () => {
  const errors: unknown[] = []
  let admit: () => void = () => undefined
  const late = new Promise<void>((resolve) => (admit = resolve))
  const server = new TestServer(
    {},
    { hooks: { onConnect: () => late }, onInternalError: (error) => errors.push(error) },
  )
  const client = await server.join()
  expect(client.messages).toEqual([])
  server.clock.advance(onConnectTimeoutMs)
  await new Promise((resolve) => setImmediate(resolve))
  expect(client.messages).toMatchObject([{ type: 'error', code: 'refused' }])
  expect(client.closeReason).toBe('refused')
  expect(errors).toHaveLength(1)
  admit()
  await new Promise((resolve) => setImmediate(resolve))
  expect(client.messages).toHaveLength(1)
  expect(server.core.counts().users).toBe(0)
})

test('a person who is banned while onConnect decides is refused', async () => {
  let admit: () => void = () => undefined
  let isAsked = false
  const server = new TestServer(
    {},
    {
      hooks: {
        onConnect: () => (isAsked ? new Promise<void>((resolve) => (admit = resolve)) : undefined),
      },
    },
  )
  const first = await server.join()
  const visitor = first.of('welcome')[0]!.visitorToken!
  isAsked = true
  const tab = await server.join('192.0.2.2', { visitor })
  server.core.safety.ban(first.session.id, 60_000)
  admit()
  await new Promise((resolve) => setImmediate(resolve))
  expect(tab.messages).toMatchObject([{ type: 'measure' }, { type: 'error', code: 'banned' }])
  expect(server.core.counts().users).toBe(0)
})

test('a person is no longer new when the time has passed since the server first saw the browser', async () => {
  const seen: boolean[] = []
  const server = new TestServer(
    { newVisitorMs: 60_000 },
    { hooks: { onConnect: ({ isNewVisitor }) => void seen.push(isNewVisitor) } },
  )
  const first = await server.join()
  const visitor = first.of('welcome')[0]!.visitorToken!
  await server.join('192.0.2.1', { visitor })
  server.clock.advance(60_000)
  await server.join('192.0.2.9', { visitor })
  await server.join()
  expect(seen).toEqual([true, true, false, true])
})
