import type { Message } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import { expect, test } from 'vitest'
import type { TestClient } from '../core/core.fixture.ts'
import { TestServer } from '../core/core.fixture.ts'

const errorsOf = (client: TestClient): readonly string[] =>
  client.of('error').map(({ code }) => code)

const signal = {
  type: 'signal',
  description: null,
  candidates: [],
  sending: null,
  generation: null,
} as const

test.each<[string, Uint8Array, string]>([
  ['signal in text mode', encode(signal), 'wrong-mode'],
  ['trust in text mode', encode({ type: 'trust' }), 'wrong-mode'],
  ['a second hello', Uint8Array.of(0x91, 1), 'hello-repeated'],
  ['a message of servers', encode({ type: 'partner-away' }), 'wrong-direction'],
  ['a frame that is cut short', Uint8Array.of(0x92, 17, 0xa5), 'malformed-frame'],
  ['a ticket without fields', Uint8Array.of(0x91, 2), 'invalid-field'],
])('ends the connection at the fifth violation (%s)', async (_, frame, code) => {
  const process = new TestServer()
  const client = await process.join()
  client.enter({ mode: 'text' })
  for (let count = 1; count <= 4; count++) client.sendFrame(frame)
  expect([errorsOf(client), client.closeReason]).toEqual([[code, code, code, code], undefined])
  client.sendFrame(frame)
  expect(client.closeReason).toBe('protocol-violation')
  expect(process.events).toContainEqual(['cut', { code: 'protocol-violation' }])
  expect(process.core.sessions.size).toBe(0)
})

test.each<[string, Message, string]>([
  ['text without a partner', { type: 'text', text: 'hi' }, 'not-in-room'],
  ['next without a ticket', { type: 'next', offer: null }, 'ticket-required'],
  ['a report without a partner', { type: 'report', reason: 'spam', room: null }, 'not-in-room'],
])('answers with an error, but counts no violation: %s', async (_, message, code) => {
  const process = new TestServer()
  const client = await process.join()
  for (let count = 1; count <= 5; count++) client.send(message)
  expect([errorsOf(client), client.closeReason]).toEqual([Array(5).fill(code), undefined])
})

test('counts no violation for texts and typing on a site without text', async () => {
  const process = new TestServer({
    sites: [{ key: 'quiet', allowedOrigins: ['*'], isTextAllowed: false }],
  })
  const one = await process.join('192.0.2.1', { site: 'quiet' })
  const other = await process.join('192.0.2.2', { site: 'quiet' })
  for (const client of [one, other]) client.enter()
  for (let count = 1; count <= 3; count++) {
    // An empty text is invalid. Here it is no violation, because the site refuses every text without decoding
    // it.
    one.sendFrame(Uint8Array.of(0x92, 17, 0xa0))
    one.send({ type: 'typing', isTyping: true })
  }
  expect([errorsOf(one), one.closeReason]).toEqual([Array(6).fill('not-permitted'), undefined])
  expect([other.of('text'), other.of('typing')]).toEqual([[], []])
})
