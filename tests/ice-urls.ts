/** ICE URLs that the server accepts and sends to clients. */
export const goodIceUrls = [
  'stun:h',
  'stun:h.example:3478',
  'stun:h.example.',
  'stun:a_b.example',
  'stun:A.Example',
  'stun:xn--bcher-kva.example',
  'stun:[2001:db8::1]',
  'stun:[2001:db8::1]:3478',
  'stun:192.0.2.1:65535',
  'turn:h',
  'turn:h?transport=tcp',
  'turn:h:3478?transport=udp',
  'turn:[2001:db8::1]:3478?transport=udp',
  'turns:h',
  'turns:h:443?transport=tcp',
  'turns:h?transport=udp',
] as const

const port = 'the port must be from 1 to 65535'
const transport = 'the query must be ?transport=udp or ?transport=tcp'

/**
 * ICE URLs that the server refuses, each with the reason in its error message. For each of them, the
 * `RTCPeerConnection` constructor of at least one browser throws.
 */
export const badIceUrls = {
  'stun:h?transport=udp': 'a stun: URL has no query',
  'stun://h': 'write stun:host or stun:host:port',
  'turns://h': 'write turns:host or turns:host:port',
  'turn:h:99999': port,
  'stun:h:65536': port,
  'stun:h:0': port,
  'stun:h:abc': port,
  'stun:h:': port,
  'stun:[2001:db8::1]:x': port,
  'turn:h?transport=tls': transport,
  'turn:h?transport=UDP': transport,
  'turn:h?Transport=udp': transport,
  'turn:h?transport=udp&x=1': transport,
  'turn:h?x=1': transport,
  'turn:h?': transport,
  'turn:u@h': 'must not contain a user name',
  'turn:u:p@h': 'must not contain a user name',
  'stun:': 'a host is missing',
  'stun:2001:db8::1': 'an IPv6 address needs brackets',
  'stun:[2001:db8::1': 'an IPv6 address',
  'stun:[fe80::1%25eth0]': 'the brackets must contain an IPv6 address',
  'stun:999.1.1.1': 'an IPv4 address has four numbers',
  'stun:a b': 'must not contain spaces',
  'stun:h/path': 'must not have a path',
  'stun:h#x': 'must not have a path or a fragment',
  'http://h': 'it must be a stun:, stuns:, turn: or turns: URL',
} as const satisfies Readonly<Record<string, string>>
