import { expect, test } from 'vitest'
import { addressKey, createClientAddress } from './client-address.ts'

const none = { trustedProxyHops: 0, trustedProxies: [] }

test.for([
  // Without trusted proxies, the address is the peer of the TCP connection.
  [0, '192.0.2.1', '10.0.0.1'],
  [0, '', '10.0.0.1'],
  [1, '192.0.2.1', '192.0.2.1'],
  [1, '6.6.6.6, 192.0.2.1', '192.0.2.1'],
  [1, '6.6.6.6,192.0.2.1', '192.0.2.1'],
  [2, '6.6.6.6, 192.0.2.1, 10.0.0.2', '192.0.2.1'],
  // If there are fewer entries than trusted hops, the client has bypassed a proxy, so its TCP address is
  // used.
  [2, '6.6.6.6', '10.0.0.1'],
  [1, '', '10.0.0.1'],
  // An entry that is not an IP address is not used.
  [1, '192.0.2.1, unknown', '10.0.0.1'],
  [1, '192.0.2.1, <script>', '10.0.0.1'],
  [1, '192.0.2.1,', '10.0.0.1'],
  [1, '192.0.2.1:4711', '192.0.2.1'],
  [1, '[2001:db8::1]:4711', '2001:db8::1'],
  [1, '[2001:DB8::1]', '2001:db8::1'],
  [1, '::ffff:192.0.2.1', '192.0.2.1'],
  [1, 'fe80::1%eth0', 'fe80::1'],
] as const)(
  'with %i trusted hops and X-Forwarded-For "%s", the address of the client is %s',
  ([trustedProxyHops, forwardedFor, expected]) => {
    const addressOf = createClientAddress({ ...none, trustedProxyHops })
    expect(addressOf({ remoteAddress: '10.0.0.1', forwardedFor })).toBe(expected)
  },
)

test.for([
  ['a peer that is not a trusted proxy', '192.0.2.9', '6.6.6.6', '192.0.2.9'],
  ['a trusted proxy', '10.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['a forged entry to the left', '10.0.0.1', '6.6.6.6, 192.0.2.1', '192.0.2.1'],
  ['two trusted proxies', '10.0.0.1', '6.6.6.6, 192.0.2.1, 10.9.9.9', '192.0.2.1'],
  [
    'an entry forged with the address of a trusted proxy',
    '10.0.0.1',
    '10.0.0.7, 192.0.2.1',
    '192.0.2.1',
  ],
  ['only trusted proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['no header', '10.0.0.1', '', '10.0.0.1'],
  ['an entry that is not an address', '10.0.0.1', '6.6.6.6, nonsense', '10.0.0.1'],
  ['a trusted proxy as an IPv4-mapped IPv6 address', '::ffff:10.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['the same address in hexadecimal', '0:0:0:0:0:ffff:a00:1', '192.0.2.1', '192.0.2.1'],
  ['a trusted IPv6 proxy', 'fd00::5', '2001:db8::1', '2001:db8::1'],
  ['a proxy trusted by its single address', '198.51.100.4', '192.0.2.1', '192.0.2.1'],
  ['the address next to that proxy', '198.51.100.5', '192.0.2.1', '198.51.100.5'],
] as const)(
  'with trusted proxies (%s), TCP peer %s and X-Forwarded-For "%s", the address of the client is %s',
  ([, remoteAddress, forwardedFor, expected]) => {
    const addressOf = createClientAddress({
      ...none,
      trustedProxies: ['10.0.0.0/8', 'fd00::/8', '198.51.100.4'],
    })
    expect(addressOf({ remoteAddress, forwardedFor })).toBe(expected)
  },
)

test.for([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['0000:0000:0000:0000:0000:ffff:c000:0201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:c000:201', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  // The address is empty if the socket has just closed. All such connections share one key.
  ['', ''],
] as const)('the limits of %s are counted for %s', ([address, key]) => {
  expect(addressKey(address)).toBe(key)
})

test('addresses in the same /64 network share their limits, other networks do not', () => {
  expect(addressKey('2001:db8:1:2:aaaa::1')).toBe(addressKey('2001:db8:1:2:bbbb::2'))
  expect(addressKey('2001:db8:1:2::1')).not.toBe(addressKey('2001:db8:1:3::1'))
})
