// tests/e2e/ice-urls.test.ts checks the same lists against the `RTCPeerConnection` constructors of two
// browsers.
import { expect, test } from 'vitest'
import { badIceUrls, goodIceUrls } from '../../../../tests/ice-urls.ts'
import { iceUrlFault, partsOfIceUrl, shownIceUrl } from './ice-url.ts'

test.for(goodIceUrls)('accepts %s', (url) => {
  expect(iceUrlFault(url)).toBeUndefined()
})

test.for(Object.entries(badIceUrls))('refuses %s: %s', ([url, fault]) => {
  expect(iceUrlFault(url)).toContain(fault)
})

test.for([
  ['stun://h', 'stun://h'],
  ['turn:h?transport=TLS', 'turn:h?transport=TLS'],
  ['turn:ana:secret@h:1?x=secret', 'turn:…@h:1?…'],
  ['turn://ana:sec@ret@h', 'turn://…@h'],
  ['secret', '…'],
  ['stun:a\n\u202eb', 'stun:a\ufffd\ufffdb'],
  [`stun:${'h'.repeat(600)}`, `stun:${'h'.repeat(74)}…`],
])('shows %j as %j', ([url, shown]) => {
  expect(shownIceUrl(url!)).toBe(shown)
})

test.for([
  ['turn:h', { scheme: 'turn', host: 'h', port: 3478, transport: 'udp' }],
  ['turn:h:80?transport=tcp', { scheme: 'turn', host: 'h', port: 80, transport: 'tcp' }],
  ['turns:h', { scheme: 'turns', host: 'h', port: 5349, transport: 'tls' }],
  ['turns:[::1]:443?transport=udp', { scheme: 'turns', host: '::1', port: 443, transport: 'dtls' }],
  ['stun:192.0.2.1', { scheme: 'stun', host: '192.0.2.1', port: 3478, transport: 'udp' }],
] as const)('splits %s into its parts', ([url, parts]) => {
  expect(partsOfIceUrl(url)).toEqual(parts)
})

test.for(goodIceUrls)('can split %s', (url) => {
  expect(partsOfIceUrl(url).host).not.toBe('')
})
