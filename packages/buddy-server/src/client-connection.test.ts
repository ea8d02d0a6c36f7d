import { decode, encode } from '@buddy-chat/protocol'
import { expect, test, vi } from 'vitest'
import type { ConnectionContext } from './client-connection.ts'
import { ClientConnection } from './client-connection.ts'
import { FrameLimits } from './limits/frame-limits.ts'
import { Session } from './sessions/session.ts'
import type { Connection } from './transport/transport.ts'

test('whoever cannot be welcomed leaves no session behind, and has to say hello in time', async () => {
  const sent: (string | undefined)[] = []
  const connection = {
    send: (frame: Uint8Array) => sent.push(decode(frame)?.type),
    close: vi.fn(),
  } as unknown as Connection
  const session = new Session(
    'id',
    { name: '', site: '', subject: undefined, lobby: undefined },
    {
      addressKey: '',
      limits: new FrameLimits(0),
      nowMs: 0,
      maxReplayBytes: () => 1024,
      onOverflow: () => undefined,
    },
  )
  const end = vi.fn()
  const onInternalError = vi.fn()
  const cancelHelloTimeout = vi.fn()
  const failure = new Error('too long for a frame')
  const client = new ClientConnection(connection, {
    handlers: { sessions: { end }, onInternalError },
    clock: { now: () => 0, after: () => cancelHelloTimeout },
    helloTimeoutMs: 1000,
    join: () => Promise.resolve({ session, missed: undefined }),
    welcome: () => {
      throw failure
    },
  } as unknown as ConnectionContext)
  const hello = { name: '', site: '', client: '', token: null, resume: null }
  client.onFrame(encode({ type: 'hello', ...hello }), true)
  await vi.waitFor(() => expect(onInternalError).toHaveBeenCalledWith(failure))
  expect(end).toHaveBeenCalledExactlyOnceWith(session, 'lost')
  expect([sent, client.session]).toEqual([['error'], undefined])
  expect(cancelHelloTimeout).not.toHaveBeenCalled()
})
