// Both browsers' constructors are held to the same lists by tests/e2e/ice-urls.test.ts.
import { expect, test } from 'vitest'
import { badIceUrls, goodIceUrls } from '../../../../tests/ice-urls.ts'
import { iceUrlFault, shownIceUrl } from './ice-url.ts'

test.for(goodIceUrls)('%s is a URL of a STUN or TURN server', (url) => {
  expect(iceUrlFault(url)).toBeUndefined()
})

test.for(Object.entries(badIceUrls))('%s is refused: it must be %s', ([url, fault]) => {
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
])('%j is repeated as %j', ([url, shown]) => {
  expect(shownIceUrl(url!)).toBe(shown)
})
