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
  tellsErrors: true,
}

describe('ways', () => {
  test('each URL goes by its transport, and a TURN server is asked by STUN without credentials', () => {
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
  ['an address seen from outside', { isReflexive: true, errorCodes: [701] }, 'ok'],
  ['a refusal, which came by UDP too', { errorCodes: [701, 400] }, 'ok'],
  ['no answer', { errorCodes: [701, 701] }, 'udp-blocked'],
  ['no router that translates: nothing new, and no error', {}, 'ok'],
  ['the same where errors are not told', { tellsErrors: false }, 'udp-blocked'],
  ['the time is up', { isComplete: false }, 'udp-blocked'],
])('UDP, %s: %s', ([, seen, code]) => {
  expect(judgeUdp({ ...nothing, ...seen })).toBe(code)
})

test.for<[string, Partial<Gathered>, CheckCode]>([
  ['a relay', { isRelayed: true, errorCodes: [701] }, 'ok'],
  ['refused as unknown', { errorCodes: [701, 401] }, 'turn-credentials'],
  ['refused for another reason', { errorCodes: [508] }, 'turn-unreachable'],
  ['no answer', { errorCodes: [701] }, 'turn-unreachable'],
  ['the time is up', { isComplete: false }, 'turn-unreachable'],
])('TURN, %s', ([, seen, code]) => {
  expect(judgeTurn({ ...nothing, ...seen })).toBe(code)
})

test.for<[number | undefined, CheckCode]>([
  [undefined, 'unknown'],
  [1_000_000, 'ok'],
  [1_000_000 + 119_000, 'ok'],
  [1_000_000 + 121_000, 'clock-skew'],
  [1_000_000 - 121_000, 'clock-skew'],
])('a server’s clock at %s, one’s own at 1,000,000: %s', ([serverMs, code]) => {
  expect(judgeClock(serverMs, 1_000_000)).toBe(code)
})

const fine: DeviceSeen = {
  device: 'camera',
  isSecurePage: true,
  isAllowed: undefined,
  permission: 'granted',
  isThere: true,
}

test.for<[string, Partial<DeviceSeen>, CheckCode]>([
  ['granted', {}, 'ok'],
  ['not asked yet', { permission: 'prompt' }, 'not-asked'],
  ['a browser that does not tell', { permission: undefined }, 'unknown'],
  ['refused', { permission: 'denied' }, 'permission-denied'],
  ['none', { isThere: false }, 'device-not-found'],
  [
    'a frame without allow, whatever else',
    { isAllowed: false, permission: 'denied' },
    'blocked-by-policy',
  ],
  ['an insecure page, whatever else', { isSecurePage: false, isThere: false }, 'insecure-page'],
])('a device, %s', ([, seen, code]) => {
  expect(judgeDevice({ ...fine, ...seen })).toBe(code)
})

describe('what the operator is told', () => {
  test.for<[CheckName, CheckCode, string | undefined]>([
    ['udp', 'ok', undefined],
    ['udp', 'not-offered', undefined],
    ['udp', 'udp-blocked', 'udp-blocked'],
    ['turn-tcp', 'turn-credentials', 'turn-credentials'],
    ['camera', 'permission-denied', 'device-refused'],
    ['microphone', 'device-not-found', 'device-missing'],
    ['turn-udp', 'relay-unavailable', 'other'],
    // It could not be told, or it was the server itself that said so.
    ['server', 'server-unreachable', undefined],
    ['server', 'banned', undefined],
  ])('%s %s: %s', ([name, code, failure]) => {
    expect(failureOf(check(name, code))).toBe(failure)
  })
})

test('every check has words, whatever its code', () => {
  for (const code of [
    'ok',
    'not-asked',
    'udp-blocked',
    'idle-timeout',
    'overconstrained',
  ] as const) {
    for (const name of ['server', 'camera', 'turn-udp'] as const) {
      expect(check(name, code).advice).toMatch(/^[A-Z].*\.$/)
    }
  }
})
