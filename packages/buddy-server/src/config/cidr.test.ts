import { expect, test } from 'vitest'
import { isCidr } from './cidr.ts'

test.for([
  ['10.0.0.0/8', true],
  ['192.0.2.1', true],
  ['192.0.2.1/32', true],
  ['fd00::/8', true],
  ['::1/128', true],
  ['10.0.0.0/33', false],
  ['fd00::/129', false],
  ['10.0.0.0/', false],
  ['10.0.0.0/8/8', false],
  ['10.0.0.0/-1', false],
  ['10.0.0', false],
  ['proxy.example', false],
  ['', false],
] as const)('isCidr("%s") is %s', ([text, isOne]) => {
  expect(isCidr(text)).toBe(isOne)
})
