import { expect, test } from 'vitest'
import { isBrowserCandidate, isUfrag } from './ice-candidate.ts'

const uuid = '9b36eaac-bb2e-49bb-bb78-21c41c499900.local'

test.for([
  '',
  'candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.17 rport 46154 generation 0 ufrag EEtu network-cost 999',
  'candidate:1 1 UDP 2122260223 192.168.1.2 50000 typ host generation 0 ufrag Zk9q network-id 1',
  'candidate:4 1 tcp 1518280447 192.168.1.2 9 typ host tcptype active generation 0 ufrag Zk9q',
  'candidate:4 2 TCP 2105458943 2001:db8::7 9 typ host tcptype passive',
  'candidate:0 1 UDP 8331263 198.51.100.4 62000 typ relay raddr 0.0.0.0 rport 0',
  `candidate:3 1 udp 2113937151 ${uuid} 57000 typ host generation 0 ufrag Zk9q network-cost 999`,
  'candidate:1 1 udp 1 fd00:1:2:3:a:b:c:d 5 typ host',
  'candidate:1 1 udp 1 fe80::1 5 typ host',
  'a=candidate:1 1 udp 1 127.0.0.1 65535 typ host',
])('accepts the candidate %j', (line) => {
  expect(isBrowserCandidate(line)).toBe(true)
})

const withAddress = (address: string, port = 5000): string =>
  `candidate:1 1 udp 1 ${address} ${port} typ host`

test.for(
  [
    'candidate',
    'candidate:1 1 udp 1 192.0.2.1 5000',
    'candidate:1 3 udp 1 192.0.2.1 5000 typ host',
    'candidate:1 1 sctp 1 192.0.2.1 5000 typ host',
    'candidate:1 1 udp 1 192.0.2.1 5000 typ other',
    'candidate:1 1 udp 12345678901 192.0.2.1 5000 typ host',
    'candidate:1 1 udp 1  192.0.2.1 5000 typ host',
    'candidate:1 1 tcp 1 192.0.2.1 5000 typ host',
    'candidate:1 1 tcp 1 192.0.2.1 0 typ host tcptype active',
    `candidate:${'1'.repeat(33)} 1 udp 1 192.0.2.1 5000 typ host`,
    'candidate:1 1 udp 1 192.0.2.1 5000 typ host\na=x',
    withAddress('192.0.2.1', 0),
    withAddress('192.0.2.1', 65_536),
    '0.0.0.0',
    '0.1.2.3',
    '224.0.0.1',
    '239.255.255.250',
    '255.255.255.255',
    '1.2.3',
    '1.2.3.256',
    '::',
    '0:0::0',
    'ff02::1',
    'FF05::2',
    '::ffff:192.0.2.1',
    '::ffff:c000:201',
    '0:0:0:0:0:ffff:c000:201',
    '1:2:3',
    ':::',
    'fe80::1%eth0',
    'tracker.example',
    'printer.local',
    'localhost',
  ].map((line) => (line.startsWith('candidate') ? line : withAddress(line))),
)('rejects the candidate %j', (line) => {
  expect(isBrowserCandidate(line)).toBe(false)
})

test('rejects an address of 250,000 characters by its length, because other checks would take half a minute', () => {
  for (const part of [':', '0:', 'f', '1.']) {
    expect(isBrowserCandidate(withAddress(`${part.repeat(250_000)}g`))).toBe(false)
  }
})

test.for([
  ['Zk9q', true],
  ['a+/4'.repeat(64), true],
  ['abc', false],
  ['a'.repeat(257), false],
  ['ab c', false],
] as const)('isUfrag(%j) returns %j', ([text, isValid]) => {
  expect(isUfrag(text)).toBe(isValid)
})
