import { decode, encode } from '@buddy-chat/protocol'
import { expect, test, vi } from 'vitest'
import type { ConnectionContext } from './client-connection.ts'
import { ClientConnection } from './client-connection.ts'
import { createTestSession } from '../sessions/session.fixture.ts'
import type { Session } from '../sessions/session.ts'
import type { Connection } from '../transport/transport.ts'

const hello = encode({
  type: 'hello',
  name: '',
  site: '',
  client: '',
  token: null,
  resume: null,
})

/** A stand-in for `Sessions`, which gives the connection any session that a test has created. */
const sessions = {
  attach: (session: Session, ...rest: Parameters<Session['attach']>) => session.attach(...rest),
}

test('refuses a frame that arrives between a `hello` with `resume` and its `welcome`, and does not count it', async () => {
  const sent: (string | undefined)[] = []
  const connection = { send: (frame: Uint8Array) => sent.push(decode(frame)?.type) }
  const session = createTestSession({ counts: { received: 7, sent: 0 } })
  let answer: (joined: unknown) => void = () => undefined
  const client = new ClientConnection(connection as unknown as Connection, '', {
    handlers: { sessions, notify: () => undefined },
    clock: { now: () => 0, after: () => () => undefined },
    helloTimeoutMs: () => 1000,
    join: () => new Promise((resolve) => (answer = resolve)),
    welcome: () => ({ type: 'going-away', reconnectAfterMs: 0 }),
  } as unknown as ConnectionContext)
  client.onFrame(hello, true)
  client.onFrame(encode({ type: 'text', text: 'too early' }), true)
  expect([sent, session.received]).toEqual([['error'], 7])
  answer({ session, received: 0 })
  await vi.waitFor(() => expect(client.session).toBe(session))
  client.onFrame(Uint8Array.from([0x91, 0x7f]), true)
  expect(session.received).toBe(8)
})

test('if `welcome` cannot be encoded, ends the session and keeps the hello timeout', async () => {
  const sent: (string | undefined)[] = []
  const connection = {
    send: (frame: Uint8Array) => sent.push(decode(frame)?.type),
    close: vi.fn(),
  } as unknown as Connection
  const session = createTestSession()
  const end = vi.fn()
  const onInternalError = vi.fn()
  const cancelHelloTimeout = vi.fn()
  const failure = new Error('too long for a frame')
  const client = new ClientConnection(connection, '', {
    handlers: { sessions: { ...sessions, end }, onInternalError },
    clock: { now: () => 0, after: () => cancelHelloTimeout },
    helloTimeoutMs: () => 1000,
    join: () => Promise.resolve({ session, received: undefined }),
    welcome: () => {
      throw failure
    },
  } as unknown as ConnectionContext)
  client.onFrame(hello, true)
  await vi.waitFor(() => expect(onInternalError).toHaveBeenCalledWith(failure))
  expect(end).toHaveBeenCalledExactlyOnceWith(session, 'lost')
  expect([sent, client.session]).toEqual([['error'], undefined])
  expect(cancelHelloTimeout).not.toHaveBeenCalled()
})

test('keeps frames sent before an answered ping until the next pong, because the page may not have read them', async () => {
  const pings: Uint8Array[] = []
  const connection = {
    send: () => undefined,
    ping: (payload: Uint8Array) => pings.push(payload.slice()),
  }
  const session = createTestSession()
  const client = new ClientConnection(connection as unknown as Connection, '', {
    handlers: { sessions, notify: () => undefined },
    clock: { now: () => 0, after: () => () => undefined },
    helloTimeoutMs: () => 1000,
    join: () => Promise.resolve({ session, received: undefined }),
    welcome: () => ({ type: 'going-away', reconnectAfterMs: 0 }),
  } as unknown as ConnectionContext)
  client.onFrame(hello, true)
  await vi.waitFor(() => expect(client.session).toBe(session))
  const frame = encode({ type: 'partner-away' })
  for (let beat = 1; beat <= 3; beat++) {
    client.beat(frame)
    client.onPong(pings.at(-1)!)
    // The client may still resume with the frame count that it had before this heartbeat.
    expect(session.framesAfter(beat - 1)).toEqual([frame])
    if (beat > 1) expect(session.framesAfter(beat - 2)).toBeUndefined()
  }
})

test('detaches a restored session whose connection has closed meanwhile, and claims its room', async () => {
  const session = createTestSession()
  const claim = { roomId: 'room', sessionId: 'id', partnerId: 'partner' }
  const calls: unknown[] = []
  Object.assign(session.participant, {
    claimRoom: (claimed: unknown) => calls.push(['claim', claimed]),
  })
  const detach = (...args: unknown[]): unknown => calls.push(['detach', ...args])
  let answer: (joined: unknown) => void = () => undefined
  const client = new ClientConnection({} as Connection, '', {
    handlers: { sessions: { detach } },
    clock: { now: () => 0, after: () => () => undefined },
    helloTimeoutMs: () => 1000,
    join: () => new Promise((resolve) => (answer = resolve)),
    onClosed: () => undefined,
  } as unknown as ConnectionContext)
  client.onFrame(hello, true)
  client.onClose(1006)
  answer({ session, received: 0, restored: { claim, wasInRoom: true } })
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  expect(calls).toEqual([
    ['detach', session, client, false],
    ['claim', claim],
  ])
})
