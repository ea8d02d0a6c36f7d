// Frames that wait for a partner at a server, while another one takes the session over.
import type { Message } from '@buddy-chat/protocol'
import { expect, test } from 'vitest'
import type { TestClient } from './core.fixture.ts'
import { TestServer } from './core.fixture.ts'

const text: Message = { type: 'text', text: 'hi' }

const resumeOf = (client: TestClient) => ({
  ...client.resume,
  sent: 1,
  roomToken: client.of('matched')[0]!.roomToken,
})

test('frames that wait for a partner do not count as received, so that the client sends them again', async () => {
  const [ana, bob] = await new TestServer().pair()
  const server = new TestServer()
  const again = await server.join('192.0.2.1', { resume: resumeOf(ana) })
  const { session } = again
  expect(session.handover.received).toBe(1)
  again.send(text, text)
  expect(session.participant.isClaiming).toBe(true)
  expect(session.received).toBe(3)
  expect(session.handover.received).toBe(1)
  expect(session.participant.handleTaken(0).received).toBe(1)
  expect(session.participant.isClaiming).toBe(false)
  expect(bob.of('text')).toEqual([])
})

test('frames count as received when the partner is back and has received them', async () => {
  const [ana, bob] = await new TestServer().pair()
  const server = new TestServer()
  const again = await server.join('192.0.2.1', { resume: resumeOf(ana) })
  again.send(text)
  const partner = await server.join('192.0.2.2', { resume: resumeOf(bob) })
  expect(partner.of('text')).toEqual([text])
  expect(again.session.handover.received).toBe(2)
})
