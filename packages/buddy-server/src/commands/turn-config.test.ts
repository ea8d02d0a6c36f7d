import { expect, test } from 'vitest'
import { defaultOptions } from '../config/server-settings.ts'
import type { TurnConfigFlags } from './turn-config.ts'
import { turnConfig, turnConfigDefaults } from './turn-config.ts'

const one = { turnUrls: ['turn:one.example:3478'], turnSecret: 'first secret' }
const siteOf = (turnUrls: readonly string[]) => [
  { key: 'a', allowedOrigins: ['https://a.example'], turnUrls, turnSecret: 'second secret' },
]

const print = (
  options: Partial<typeof defaultOptions>,
  flags: Partial<TurnConfigFlags> = {},
): string => turnConfig({ ...defaultOptions, ...options }, { ...turnConfigDefaults, ...flags })

test('prints the file of the TURN server that --turn-host names, and asks for it if there are several', () => {
  const two = { ...one, sites: siteOf(['turn:two.example:3478']) }
  expect(() => print(two)).toThrow(/add --turn-host \(one\.example, two\.example\)$/)
  const text = print(two, { turnHost: 'Two.example' })
  expect(text).toContain('\nrealm=two.example\n')
  expect(text).toContain('\nstatic-auth-secret=second secret\n')
  expect(text).not.toContain('first secret')
  expect(() => print(two, { turnHost: 'three.example' })).toThrow(
    '--turn-host=three.example is not in TURN_URLS, which has one.example, two.example',
  )
})

test('takes hosts that differ only in upper and lower case for one TURN server', () => {
  const turnUrls = ['turn:One.example:3478', 'turns:one.example:5349?transport=tcp']
  const text = print({ ...one, turnUrls }, { turnHost: 'ONE.example' })
  expect(text).toContain('\nrealm=one.example\n')
  expect(text).toContain('\nlistening-port=3478\ntls-listening-port=5349\n')
})

test('contains the secrets of the server and of a site with the same TURN server', () => {
  const text = print({ ...one, sites: siteOf(['turn:one.example:3478?transport=tcp']) })
  expect(text.match(/^static-auth-secret=.*$/gm)).toEqual([
    'static-auth-secret=first secret',
    'static-auth-secret=second secret',
  ])
})

test('says which settings are missing if there is no TURN server', () => {
  expect(() => print({})).toThrow(/^TURN_URLS is not set: set it to the URLs of your TURN server/)
})

test.for([
  [{ relayPorts: '5000' }, '--relay-ports=5000 is not allowed: it must be two ports from 1024'],
  [{ relayPorts: '6000-5000' }, '--relay-ports=6000-5000 is not allowed'],
  [{ relayPorts: '80-5000' }, '--relay-ports=80-5000 is not allowed'],
  [{ externalIp: 'me' }, '--external-ip=me is not allowed: it must be an IP address'],
  [{ listeningIp: 'eth0' }, '--listening-ip=eth0 is not allowed: it must be an IP address'],
] as const)('refuses the flags %j', ([flags, message]) => {
  expect(() => print(one, flags)).toThrow(message)
})
