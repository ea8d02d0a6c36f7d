import { describe, expect, test } from 'vitest'
import type { CheckCode, CheckName } from './check.ts'
import { check, failureOf } from './check.ts'
import type { DeviceSeen, Gathered } from './rules.ts'
import { iceWays, judgeClock, judgeDevice, judgeTurn, judgeUdp } from './rules.ts'

const nothing: Gathered = {
  isReflexive: false,
  isRelayed: false,
  errorCodes: [],
  isComplete: true,
  hasErrorEvents: true,
}

describe('iceWays', () => {
  test('sorts each URL by its transport, and also lists TURN servers as STUN servers, without credentials', () => {
    const login = { username: 'u', credential: 'c' }
    const ways = iceWays([
      { urls: ['stun:a', 'stun:b:3479'] },
      {
        urls: [
          'turn:c?transport=udp',
          'turn:d:1?transport=tcp',
          'turns:e:443',
          'turns:f?transport=tcp',
          'turn:g',
        ],
        ...login,
      },
    ])
    const urls = (way: keyof typeof ways): unknown[] => ways[way].map((server) => server.urls)
    expect(ways.udp).toEqual(
      ['stun:a', 'stun:b:3479', 'stun:c', 'stun:g'].map((url) => ({ urls: url })),
    )
    expect(urls('turn-udp')).toEqual(['turn:c?transport=udp', 'turn:g'])
    expect(urls('turn-tcp')).toEqual([
      'turn:d:1?transport=tcp',
      'turns:e:443',
      'turns:f?transport=tcp',
    ])
    expect([...ways['turn-udp'], ...ways['turn-tcp']]).toEqual(
      Array.from({ length: 5 }, () => expect.objectContaining(login)),
    )
  })
})

test.for<[string, Partial<Gathered>, CheckCode]>([
  ['a reflexive candidate', { isReflexive: true, errorCodes: [701] }, 'ok'],
  ['an error that a server sent over UDP', { errorCodes: [701, 400] }, 'ok'],
  ['no answer', { errorCodes: [701, 701] }, 'udp-blocked'],
  ['no candidate and no error', {}, 'ok'],
  ['no candidate, in a browser without error events', { hasErrorEvents: false }, 'udp-blocked'],
  ['a timeout', { isComplete: false }, 'udp-blocked'],
])('judgeUdp returns, for %s, `%s`', ([, seen, code]) => {
  expect(judgeUdp({ ...nothing, ...seen })).toBe(code)
})

test.for<[string, Partial<Gathered>, CheckCode]>([
  ['a relay candidate', { isRelayed: true, errorCodes: [701] }, 'ok'],
  ['an error about credentials', { errorCodes: [701, 401] }, 'turn-credentials'],
  ['another error', { errorCodes: [508] }, 'turn-unreachable'],
  ['no answer', { errorCodes: [701] }, 'turn-unreachable'],
  ['a timeout', { isComplete: false }, 'turn-unreachable'],
])('judgeTurn returns, for %s, `%s`', ([, seen, code]) => {
  expect(judgeTurn({ ...nothing, ...seen })).toBe(code)
})

test.for<[number | undefined, CheckCode]>([
  [undefined, 'unknown'],
  [1_000_000, 'ok'],
  [1_000_000 + 119_000, 'ok'],
  [1_000_000 + 121_000, 'clock-skew'],
  [1_000_000 - 121_000, 'clock-skew'],
])(
  'judgeClock returns, for a server time of %s ms and an own time of 1,000,000 ms, `%s`',
  ([serverMs, code]) => {
    expect(judgeClock(serverMs, 1_000_000)).toBe(code)
  },
)

const fine: DeviceSeen = {
  device: 'camera',
  isSecurePage: true,
  isAllowed: undefined,
  permission: 'granted',
  isPresent: true,
}

test.for<[string, Partial<DeviceSeen>, CheckCode]>([
  ['a granted permission', {}, 'ok'],
  ['a permission not requested yet', { permission: 'prompt' }, 'not-asked'],
  ['a browser that does not reveal the permission', { permission: undefined }, 'unknown'],
  ['a denied permission', { permission: 'denied' }, 'permission-denied'],
  ['a machine without the device', { isPresent: false }, 'device-not-found'],
  [
    'a frame without `allow`, whatever else is wrong',
    { isAllowed: false, permission: 'denied' },
    'blocked-by-policy',
  ],
  [
    'an insecure page, whatever else is wrong',
    { isSecurePage: false, isPresent: false },
    'insecure-page',
  ],
])('judgeDevice returns, for %s, `%s`', ([, seen, code]) => {
  expect(judgeDevice({ ...fine, ...seen })).toBe(code)
})

describe('failureOf', () => {
  test.for<[CheckName, CheckCode, string | undefined]>([
    ['udp', 'ok', undefined],
    ['udp', 'not-offered', undefined],
    ['udp', 'udp-blocked', 'udp-blocked'],
    ['turn-tcp', 'turn-credentials', 'turn-credentials'],
    ['camera', 'permission-denied', 'device-refused'],
    ['microphone', 'device-not-found', 'device-missing'],
    ['turn-udp', 'relay-unavailable', 'other'],
    // The server counts its refusals itself, and receives no report while it is unreachable.
    ['server', 'server-unreachable', undefined],
    ['server', 'banned', undefined],
  ])('returns, for check `%s` with code `%s`, the reason `%s`', ([name, code, failure]) => {
    expect(failureOf(check(name, code))).toBe(failure)
  })
})

test('check() derives from the code of a result whether the check was skipped, passed or failed', () => {
  expect(check('camera', 'not-asked').result).toBe('skipped')
  expect(check('camera', 'ok')).toEqual({ name: 'camera', result: 'ok', code: 'ok', urls: [] })
  const urls = ['stun:a:53']
  expect(check('ice-servers', 'ice-url-refused', urls)).toMatchObject({ result: 'failed', urls })
})
