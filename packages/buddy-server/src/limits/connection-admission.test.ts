import { expect, test } from 'vitest'
import type { Admitted } from './connection-admission.ts'
import { ConnectionAdmission } from './connection-admission.ts'
import type { Refusal } from './refusal.ts'

interface World {
  readonly admission: ConnectionAdmission
  /** Somebody knocks, from 192.0.2.1 unless told otherwise. */
  readonly knock: (address?: string, protocols?: readonly string[]) => Admitted | Refusal
  readonly wait: (ms: number) => void
  readonly banned: Set<string>
  readonly caps: { connections: number; connects: number; sockets: number }
}

function world({ connections = 3, connects = 60 } = {}): World {
  let now = 0
  const banned = new Set<string>()
  const caps = { connections, connects, sockets: 1 }
  const admission = new ConnectionAdmission({
    now: () => now,
    addressKeyOf: ({ remoteAddress }) => remoteAddress,
    isAllowedOrigin: ({ origin }) => origin !== 'https://evil.example',
    isBanned: (key) => banned.has(key),
    isOutOfSockets: () => caps.sockets === 0,
    maxConnectionsPerAddress: () => caps.connections,
    maxConnectsPerAddress: () => caps.connects,
  })
  const knock: World['knock'] = (address = '192.0.2.1', protocols = ['buddy.v1']) =>
    admission.admit({
      origin: undefined,
      host: 'chat.example',
      protocols,
      remoteAddress: address,
      forwardedFor: '',
    })
  return { admission, knock, wait: (ms) => (now += ms), banned, caps }
}

const outcome = (answer: Admitted | Refusal): string =>
  'code' in answer ? answer.code : 'admitted'

/** As many knocks as given, in one moment. */
const times = (count: number, knock: World['knock']): readonly string[] =>
  Array.from({ length: count }, () => outcome(knock()))

test('so many at a time from one address; a place that is given back is for the next', () => {
  const { admission, knock } = world({ connections: 2 })
  const first = knock()
  expect(outcome(knock())).toBe('admitted')
  expect(knock()).toMatchObject({ code: 'too-many-connections', retryAfterMs: 10_000 })
  expect(outcome(knock('192.0.2.2'))).toBe('admitted')
  if ('addressKey' in first) admission.release(first.addressKey)
  expect(times(2, knock)).toEqual(['admitted', 'too-many-connections'])
})

test('so many connects a minute from one address, however soon they close', () => {
  const { admission, knock, wait } = world({ connections: 100, connects: 60 })
  for (let time = 1; time <= 60; time++) {
    const answer = knock()
    expect(outcome(answer)).toBe('admitted')
    if ('addressKey' in answer) admission.release(answer.addressKey)
  }
  // One comes back each second; that is when the next may try again.
  expect(knock()).toMatchObject({ code: 'too-many-connections', retryAfterMs: 1000 })
  expect(outcome(knock('192.0.2.2'))).toBe('admitted')
  wait(999)
  expect(outcome(knock())).toBe('too-many-connections')
  wait(1)
  expect(times(2, knock)).toEqual(['admitted', 'too-many-connections'])
  wait(600_000)
  expect(times(61, knock).filter((each) => each === 'admitted')).toHaveLength(60)
})

test('a cap on connects that was changed counts at once, for known addresses too', () => {
  const { knock, caps } = world({ connections: 1000, connects: 2 })
  expect(times(3, knock)).toEqual(['admitted', 'admitted', 'too-many-connections'])
  caps.connects = 3
  expect(times(4, knock)).toEqual(['admitted', 'admitted', 'admitted', 'too-many-connections'])
})

test('version, origin and ban are looked at before anything is counted', () => {
  const { admission, knock, banned } = world({ connections: 1, connects: 1 })
  expect(outcome(knock(undefined, ['soap']))).toBe('unsupported-version')
  expect(outcome(knock(undefined, []))).toBe('unsupported-version')
  banned.add('192.0.2.1')
  expect(outcome(knock())).toBe('banned')
  banned.clear()
  const answer = admission.admit({
    origin: 'https://evil.example',
    host: '',
    protocols: ['buddy.v1'],
    remoteAddress: '192.0.2.1',
    forwardedFor: '',
  })
  expect(outcome(answer)).toBe('origin-not-allowed')
  expect(outcome(knock())).toBe('admitted')
})

test('an address is forgotten once nothing is known of it, and not before', async () => {
  const { admission, knock, wait } = world({ connections: 1, connects: 60 })
  const answer = knock()
  expect(admission.addresses).toBe(1)
  wait(600_000)
  await admission.sweep()
  // Still connected.
  expect(outcome(knock())).toBe('too-many-connections')
  if ('addressKey' in answer) admission.release(answer.addressKey)
  await admission.sweep()
  // Its bucket is one short.
  expect(admission.addresses).toBe(1)
  wait(1000)
  await admission.sweep()
  expect(admission.addresses).toBe(0)
})

test('when the process is out of sockets a client receives the time to retry, and holds no place', () => {
  const { knock, caps } = world({ connections: 1 })
  caps.sockets = 0
  expect(knock()).toMatchObject({ code: 'server-full', retryAfterMs: 10_000 })
  caps.sockets = 1
  expect(outcome(knock())).toBe('admitted')
})
