import { expect, test } from 'vitest'
import type { Admitted } from './connection-admission.ts'
import { ConnectionAdmission } from './connection-admission.ts'
import type { Refusal } from './refusal.ts'

interface Fixture {
  readonly admission: ConnectionAdmission
  /** Admits or refuses the connection of a client. @default address 192.0.2.1, protocol buddy.v1 */
  readonly connect: (address?: string, protocols?: readonly string[]) => Admitted | Refusal
  readonly wait: (ms: number) => void
  readonly caps: { connections: number; connects: number; sockets: number }
}

function createFixture({ connections = 3, connects = 60 } = {}): Fixture {
  let now = 0
  const caps = { connections, connects, sockets: 1 }
  const admission = new ConnectionAdmission({
    now: () => now,
    addressKeyOf: ({ remoteAddress }) => remoteAddress,
    isAllowedOrigin: ({ origin }) => origin !== 'https://evil.example',
    isOutOfSockets: () => caps.sockets === 0,
    maxConnectionsPerAddress: () => caps.connections,
    maxConnectsPerAddress: () => caps.connects,
  })
  const connect: Fixture['connect'] = (address = '192.0.2.1', protocols = ['buddy.v1']) =>
    admission.admit({
      origin: undefined,
      host: 'chat.example',
      protocols,
      remoteAddress: address,
      forwardedFor: '',
    })
  return { admission, connect, wait: (ms) => (now += ms), caps }
}

const outcome = (answer: Admitted | Refusal): string =>
  'code' in answer ? answer.code : 'admitted'

/** Returns the outcomes of `count` connections at the same moment. */
const times = (count: number, connect: Fixture['connect']): readonly string[] =>
  Array.from({ length: count }, () => outcome(connect()))

test('limits the connections of one address, and admits another connection when one has closed', () => {
  const { admission, connect } = createFixture({ connections: 2 })
  const first = connect()
  expect(outcome(connect())).toBe('admitted')
  expect(connect()).toMatchObject({ code: 'too-many-connections', retryAfterMs: 10_000 })
  expect(outcome(connect('192.0.2.2'))).toBe('admitted')
  if ('addressKey' in first) admission.release(first.addressKey)
  expect(times(2, connect)).toEqual(['admitted', 'too-many-connections'])
})

test('limits the new connections of one address per minute, even if they close at once', () => {
  const { admission, connect, wait } = createFixture({ connections: 100, connects: 60 })
  for (let time = 1; time <= 60; time++) {
    const answer = connect()
    expect(outcome(answer)).toBe('admitted')
    if ('addressKey' in answer) admission.release(answer.addressKey)
  }
  // One more connection is allowed each second, so the client may retry after a second.
  expect(connect()).toMatchObject({ code: 'too-many-connections', retryAfterMs: 1000 })
  expect(outcome(connect('192.0.2.2'))).toBe('admitted')
  wait(999)
  expect(outcome(connect())).toBe('too-many-connections')
  wait(1)
  expect(times(2, connect)).toEqual(['admitted', 'too-many-connections'])
  wait(600_000)
  expect(times(61, connect).filter((each) => each === 'admitted')).toHaveLength(60)
})

test('applies a changed limit of new connections at once, also to known addresses', () => {
  const { connect, caps } = createFixture({ connections: 1000, connects: 2 })
  expect(times(3, connect)).toEqual(['admitted', 'admitted', 'too-many-connections'])
  caps.connects = 3
  expect(times(4, connect)).toEqual(['admitted', 'admitted', 'admitted', 'too-many-connections'])
})

test('counts no new connection that it refuses because of version or origin', () => {
  const { admission, connect } = createFixture({ connections: 1, connects: 1 })
  expect(outcome(connect(undefined, ['soap']))).toBe('unsupported-version')
  expect(outcome(connect(undefined, []))).toBe('unsupported-version')
  const answer = admission.admit({
    origin: 'https://evil.example',
    host: '',
    protocols: ['buddy.v1'],
    remoteAddress: '192.0.2.1',
    forwardedFor: '',
  })
  expect(outcome(answer)).toBe('origin-not-allowed')
  expect(outcome(connect())).toBe('admitted')
})

test('a sweep removes an address only if it has no connection and its bucket is full', async () => {
  const { admission, connect, wait } = createFixture({ connections: 1, connects: 60 })
  const answer = connect()
  expect(admission.addresses).toBe(1)
  wait(600_000)
  await admission.sweep()
  // The address is kept, because it is still connected.
  expect(outcome(connect())).toBe('too-many-connections')
  if ('addressKey' in answer) admission.release(answer.addressKey)
  await admission.sweep()
  // The address is kept, because its bucket is not full yet.
  expect(admission.addresses).toBe(1)
  wait(1000)
  await admission.sweep()
  expect(admission.addresses).toBe(0)
})

test('while the process is out of sockets, refuses connections with retryAfterMs, and does not count them', () => {
  const { connect, caps } = createFixture({ connections: 1 })
  caps.sockets = 0
  expect(connect()).toMatchObject({ code: 'server-full', retryAfterMs: 10_000 })
  caps.sockets = 1
  expect(outcome(connect())).toBe('admitted')
})
