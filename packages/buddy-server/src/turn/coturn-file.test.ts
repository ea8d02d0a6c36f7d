import { expect, test } from 'vitest'
import { partsOfIceUrl } from '../config/ice-url.ts'
import type { CoturnFileOptions } from './coturn-file.ts'
import { coturnFile } from './coturn-file.ts'

function lines(urls: readonly string[], changed: Partial<CoturnFileOptions> = {}): string[] {
  const entries = urls.map(partsOfIceUrl)
  return coturnFile({
    server: { host: 'turn.example.org', entries, secrets: ['abc=def'] },
    maxUsers: 200,
    listeningIp: undefined,
    externalIp: undefined,
    relayPorts: [49_152, 65_535],
    certFile: '/etc/turnserver-tls/fullchain.pem',
    keyFile: '/etc/turnserver-tls/privkey.pem',
    user: 'turnserver',
    ...changed,
  }).split('\n')
}

test('the file has the ports of the URLs, and the certificate only for TLS', () => {
  const both = lines(['turn:turn.example.org', 'turns:turn.example.org?transport=tcp'])
  expect(both).toEqual(
    expect.arrayContaining([
      'listening-port=3478',
      'tls-listening-port=5349',
      'cert=/etc/turnserver-tls/fullchain.pem',
      'pkey=/etc/turnserver-tls/privkey.pem',
      'realm=turn.example.org',
      'use-auth-secret',
      'static-auth-secret=abc=def',
    ]),
  )
  const plain = lines(['turn:turn.example.org:80'])
  expect(plain).toEqual(expect.arrayContaining(['listening-port=80', 'no-tls', 'no-dtls']))
  expect(plain.filter((line) => /^(cert|pkey|tls-)/.test(line))).toEqual([])
  expect(plain.join('\n')).toContain('AmbientCapabilities=CAP_NET_BIND_SERVICE')
  expect(both.join('\n')).not.toContain('AmbientCapabilities')
})

test('further ports need the address of the machine', () => {
  const urls = ['turn:h:3478', 'turn:h:80?transport=tcp', 'turns:h:5349', 'turns:h:443']
  expect(() => lines(urls)).toThrow(/several ports of one kind .* add --listening-ip$/)
  expect(lines(urls, { listeningIp: '10.0.0.5' })).toEqual(
    expect.arrayContaining([
      'listening-ip=10.0.0.5',
      'relay-ip=10.0.0.5',
      'aux-server=10.0.0.5:80',
      'aux-server=10.0.0.5:443',
    ]),
  )
  expect(lines(urls, { listeningIp: 'fd00::5' })).toContain('aux-server=[fd00::5]:80')
})

test('the public address is mapped to the own one, if that is given', () => {
  const url = ['turn:h']
  expect(lines(url)).toContain('# external-ip=203.0.113.10')
  expect(lines(url, { externalIp: '198.51.100.1' })).toContain('external-ip=198.51.100.1')
  expect(lines(url, { externalIp: '198.51.100.1', listeningIp: '10.0.0.5' })).toContain(
    'external-ip=198.51.100.1/10.0.0.5',
  )
})

test('the quotas allow two calls for each user, and no more allocations than there are ports', () => {
  expect(lines(['turn:h'])).toEqual(expect.arrayContaining(['user-quota=12', 'total-quota=400']))
  const many = ['turn:h', 'turn:h?transport=tcp', 'turns:h', 'turns:h?transport=udp']
  expect(lines(many, { maxUsers: 100_000, relayPorts: [50_000, 50_099] })).toEqual(
    expect.arrayContaining([
      'user-quota=16',
      'total-quota=100',
      'min-port=50000',
      'max-port=50099',
    ]),
  )
})

test('the file turns off what calls do not need, and limits each allocation', () => {
  expect(lines(['turn:h'])).toEqual(
    expect.arrayContaining([
      'no-cli',
      'no-tcp-relay',
      'no-multicast-peers',
      'no-tlsv1',
      'no-tlsv1_1',
      'no-software-attribute',
      'fingerprint',
      'stale-nonce=600',
      'max-bps=1000000',
      'proc-user=turnserver',
      'proc-group=turnserver',
    ]),
  )
})

test('the file denies internal addresses of each kind', () => {
  const denied = lines(['turn:h']).flatMap((line) => line.match(/^denied-peer-ip=(.*)/)?.[1] ?? [])
  const firsts = denied.map((range) => range.split('-')[0])
  const wanted =
    '0.0.0.0 10.0.0.0 100.64.0.0 127.0.0.0 169.254.0.0 172.16.0.0 192.168.0.0 224.0.0.0 240.0.0.0 ' +
    '168.63.129.16 ::1 fc00:: fe80:: ff00:: ::ffff:0.0.0.0 64:ff9b:: 64:ff9b:1:: 2001:: 2002::'
  for (const first of wanted.split(' ')) {
    expect(firsts).toContain(first)
  }
})

test('denied ranges do not begin with the unspecified IPv6 address, which coturn takes for any address', () => {
  const denied = lines(['turn:h']).flatMap((line) => line.match(/^denied-peer-ip=(.*)/)?.[1] ?? [])
  expect(denied.length).toBeGreaterThan(20)
  expect(denied.filter((range) => /^::(-|$)/.test(range))).toEqual([])
})

test.for(['=abc', ' abc', '"abc"', 'abc ', 'abc\nno-auth', 'abc\r', 'a'.repeat(901), ''])(
  'refuses the secret %j, which a coturn file cannot hold, without showing it',
  (secret) => {
    const server = { host: 'h', entries: [partsOfIceUrl('turn:h')], secrets: [secret] }
    expect(() => lines([], { server })).toThrow(/^TURN_SECRET cannot be written to a coturn file: /)
    expect(() => lines(['turn:h'], { certFile: '/a\nno-auth' })).toThrow(/^--turn-cert cannot/)
  },
)
