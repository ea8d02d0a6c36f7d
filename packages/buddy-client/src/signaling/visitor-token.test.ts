import { beforeEach, expect, test } from 'vitest'
import type { VisitorStorage } from './visitor-token.ts'
import { VisitorToken } from './visitor-token.ts'

let stored: Map<string, string>
beforeEach(() => void (stored = new Map()))

const storage = () => ({
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
  removeItem: (key: string) => void stored.delete(key),
})
const create = (url = 'wss://chat.example/ws', site = '') => new VisitorToken(url, site, storage)

test('another tab of the same server and site reads the token, and no other does', () => {
  expect(create().read()).toBeNull()
  create().write('token-1')
  expect(create().read()).toBe('token-1')
  expect(create('wss://other.example/ws').read()).toBeNull()
  expect(create('wss://chat.example/ws', 'shop').read()).toBeNull()
})

test('a token that another tab has stored later is used', () => {
  const first = create()
  first.write('token-1')
  create().write('token-2')
  expect(first.read()).toBe('token-2')
})

test('keeps the present token if the server sends none', () => {
  create().write('token-1')
  for (const none of [null, undefined, '']) create().write(none)
  expect(create().read()).toBe('token-1')
})

test.for([
  ['was emptied', ''],
  ['is too long', 'x'.repeat(5000)],
  ['has control characters', 'token\n1'],
  ['has other characters', 'töken'],
] as const)('ignores a stored text that %s', ([, text]) => {
  create().write('token-1')
  for (const key of stored.keys()) stored.set(key, text)
  expect(create().read()).toBeNull()
})

test.for<[string, () => VisitorStorage | undefined]>([
  [
    'that throws when it is read or written',
    () => ({
      getItem: () => {
        throw new DOMException('denied', 'SecurityError')
      },
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError')
      },
      removeItem: () => {
        throw new DOMException('denied', 'SecurityError')
      },
    }),
  ],
  [
    'that the page may not use',
    () => {
      throw new DOMException('sandboxed', 'SecurityError')
    },
  ],
  ['that does not exist', () => undefined],
])('with a storage %s, keeps the token until the page is closed', ([, broken]) => {
  for (const isStored of [true, false]) {
    const token = new VisitorToken('wss://chat.example/ws', '', broken, isStored)
    expect(token.read()).toBeNull()
    token.write('token-1')
    expect(token.read()).toBe('token-1')
  }
})

test('a token that may not be stored deletes the one of an earlier visit, and no other', () => {
  create().write('token-1')
  create('wss://other.example/ws').write('token-2')
  const token = new VisitorToken('wss://chat.example/ws', '', storage, false)
  expect(token.read()).toBeNull()
  expect([...stored.values()]).toEqual(['token-2'])
  token.write('token-3')
  expect(token.read()).toBe('token-3')
  expect([...stored.values()]).toEqual(['token-2'])
})
