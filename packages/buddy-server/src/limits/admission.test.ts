import { expect, test } from 'vitest'
import { clientAddress } from './admission.ts'

test.for([
  [0, '192.0.2.1', '10.0.0.1'],
  [1, '192.0.2.1', '192.0.2.1'],
  [1, '6.6.6.6, 192.0.2.1', '192.0.2.1'],
  [2, '6.6.6.6, 192.0.2.1, 10.0.0.2', '192.0.2.1'],
  // Fewer entries than proxies: somebody came past them.
  [2, '6.6.6.6', '10.0.0.1'],
  [1, '', '10.0.0.1'],
] as const)('%i trusted proxies, X-Forwarded-For "%s": %s', ([hops, forwardedFor, address]) => {
  expect(clientAddress({ remoteAddress: '10.0.0.1', forwardedFor }, hops)).toBe(address)
})
