import { expect, test } from 'vitest'
import { createTestSession, TestLink, testWelcome } from './session.fixture.ts'
import type { Session } from './session.ts'

const maxBytes = 65_536
const frame = new Uint8Array(1000)

/**
 * Returns a session with a connection, and a function that counts the acknowledgements requested from its
 * client.
 */
function presentSession(): { session: Session; requests: () => number } {
  const session = createTestSession({ maxReplayBytes: maxBytes })
  const link = new TestLink()
  session.attach(link, undefined, testWelcome)
  return { session, requests: () => link.acknowledgementRequests }
}

const sendMany = (session: Session, bytes: number): void => {
  for (let sent = 0; sent < bytes; sent += frame.length) session.sendFrame(frame)
}

test('requests an acknowledgement when a quarter of the replay buffer is used, not before', () => {
  const { session, requests } = presentSession()
  sendMany(session, maxBytes / 8)
  expect(requests()).toBe(0)
  sendMany(session, maxBytes / 4)
  expect(requests()).toBe(1)
})

test('requests no second acknowledgement while the first is unanswered', () => {
  const { session, requests } = presentSession()
  sendMany(session, maxBytes * 4)
  expect(requests()).toBe(1)
})

test('requests another acknowledgement after the client has answered the first', () => {
  const { session, requests } = presentSession()
  sendMany(session, maxBytes / 2)
  session.acknowledge(session.sent)
  sendMany(session, maxBytes / 8)
  expect(requests()).toBe(1)
  sendMany(session, maxBytes / 4)
  expect(requests()).toBe(2)
})

test('sends the welcome first, then the frames that the client has missed, then later frames', () => {
  const session = createTestSession()
  const [first, second, third] = [1, 2, 3].map((byte) => Uint8Array.of(byte)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  session.sendFrame(first)
  session.sendFrame(second)
  const link = new TestLink()
  // A frame that is sent while the welcome is created arrives after it.
  const replayed = session.attach(link, 1, () => {
    session.sendFrame(third)
    return testWelcome()
  })
  expect(replayed).toBe(2)
  expect(link.frames).toEqual([testWelcome(), second, third])
  session.sendFrame(first)
  expect(link.frames).toHaveLength(4)
})

test('sends nothing on attach if a frame that the client has missed is no longer kept', () => {
  const session = createTestSession()
  session.sendFrame(frame)
  session.acknowledge(1)
  const link = new TestLink()
  expect(session.attach(link, 0, testWelcome)).toBeUndefined()
  expect([link.frames, session.isPresent]).toEqual([[], false])
})

test('drops the frames that the client has, as soon as it resumes', () => {
  const session = createTestSession()
  session.sendFrame(frame)
  session.sendFrame(frame)
  session.attach(new TestLink(), 1, testWelcome)
  expect([session.framesAfter(0), session.framesAfter(1)]).toEqual([undefined, [frame]])
})
