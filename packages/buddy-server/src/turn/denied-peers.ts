/**
 * The addresses that a TURN server must not relay to, as ranges of a coturn file, with the reason for each.
 * Otherwise everyone who can start a call can send to the operator's internal network through the TURN
 * server.
 *
 * No range may begin with a bare `::`: coturn takes that for any address, and then refuses every peer.
 */
export const deniedPeers: readonly (readonly [reason: string, ...ranges: readonly string[]])[] = [
  ['this machine', '0.0.0.0-0.255.255.255', '127.0.0.0-127.255.255.255', '::1'],
  [
    'private networks',
    '10.0.0.0-10.255.255.255',
    '172.16.0.0-172.31.255.255',
    '192.168.0.0-192.168.255.255',
    '100.64.0.0-100.127.255.255',
    'fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ],
  [
    'link-local addresses, which include the metadata service of most clouds',
    '169.254.0.0-169.254.255.255',
    'fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ],
  ['the metadata service of Azure', '168.63.129.16'],
  ['multicast', '224.0.0.0-239.255.255.255', 'ff00::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  [
    'addresses for protocols, documentation and tests',
    '192.0.0.0-192.0.0.255',
    '192.0.2.0-192.0.2.255',
    '198.18.0.0-198.19.255.255',
    '198.51.100.0-198.51.100.255',
    '203.0.113.0-203.0.113.255',
    '240.0.0.0-255.255.255.255',
    '2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
  ],
  [
    'IPv6 addresses that lead to an IPv4 address',
    '::ffff:0.0.0.0-::ffff:255.255.255.255',
    '64:ff9b::-64:ff9b::ffff:ffff',
    // RFC 8215: unlike the range before, these may lead to private addresses too.
    '64:ff9b:1::-64:ff9b:1:ffff:ffff:ffff:ffff:ffff',
    '2001::-2001:0:ffff:ffff:ffff:ffff:ffff:ffff',
    '2002::-2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ],
]
