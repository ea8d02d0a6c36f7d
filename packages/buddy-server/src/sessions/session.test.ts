import { expect, test } from 'vitest'
import { FrameLimits } from '../limits/frame-limits.ts'
import { Session } from './session.ts'

const maxBytes = 65_536
const frame = new Uint8Array(1000)

/** A session that is present, and how often its client was asked to acknowledge. */
function presentSession(): { session: Session; requests: () => number } {
  let requests = 0
  const identity = { name: '', site: '', subject: undefined, lobby: undefined, addressKey: '' }
  const session = new Session('id', identity, {
    addressKey: '',
    limits: new FrameLimits(),
    nowMs: 0,
    maxReplayBytes: () => maxBytes,
    onOverflow: () => undefined,
  })
  session.link = {
    sendFrame: () => undefined,
    requestAcknowledgement: () => requests++,
    close: () => undefined,
  }
  return { session, requests: () => requests }
}

const sendMany = (session: Session, bytes: number): void => {
  for (let sent = 0; sent < bytes; sent += frame.length) session.sendFrame(frame)
}

test('requests an acknowledgement once a quarter of the replay buffer is in use, and not before', () => {
  const { session, requests } = presentSession()
  sendMany(session, maxBytes / 8)
  expect(requests()).toBe(0)
  sendMany(session, maxBytes / 4)
  expect(requests()).toBe(1)
})

test('requests no second acknowledgement from a client that answers none', () => {
  const { session, requests } = presentSession()
  sendMany(session, maxBytes * 4)
  expect(requests()).toBe(1)
})

test('requests the next acknowledgement after the client has answered one', () => {
  const { session, requests } = presentSession()
  sendMany(session, maxBytes / 2)
  session.acknowledge(session.sent)
  sendMany(session, maxBytes / 8)
  expect(requests()).toBe(1)
  sendMany(session, maxBytes / 4)
  expect(requests()).toBe(2)
})
