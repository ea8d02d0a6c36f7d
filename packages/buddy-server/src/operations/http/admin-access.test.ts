import { expect, test } from 'vitest'
import type { HttpRequest } from '../../transport/transport.ts'
import { AdminAccess } from './admin-access.ts'

const token = 'the token of these tests, which is long'

interface Door {
  readonly access: AdminAccess
  readonly time: { ms: number }
  /** Shows a token as the password of Basic, from an address. */
  readonly show: (shown: string, address?: string) => string
  readonly send: (authorization: string) => string
}

function createDoor(adminToken = token): Door {
  const time = { ms: 0 }
  const access = new AdminAccess({
    adminToken: () => adminToken,
    addressKeyOf: ({ remoteAddress }) => remoteAddress,
    now: () => time.ms,
  })
  const send = (authorization: string, remoteAddress = '192.0.2.1'): string =>
    access.check({ remoteAddress, header: () => authorization } as unknown as HttpRequest)
  const show = (shown: string, address?: string): string =>
    send(`Basic ${Buffer.from(`:${shown}`).toString('base64')}`, address)
  return { access, time, send, show }
}

test('Bearer, and Basic with any name, whatever the case of the word', () => {
  const { send } = createDoor('a-token-without-spaces-0123456789')
  const basic = (text: string): string => `basic ${Buffer.from(text).toString('base64')}`
  expect(send('Bearer a-token-without-spaces-0123456789')).toBe('granted')
  expect(send('BEARER  a-token-without-spaces-0123456789 ')).toBe('granted')
  expect(send(basic('me:a-token-without-spaces-0123456789'))).toBe('granted')
  expect(send(basic('me:a-token-without-spaces-0123456789:'))).toBe('wrong')
  expect(send('Bearer a-token-without-spaces-012345678')).toBe('wrong')
})

test('what shows no token is none, and counts for nothing', () => {
  const { send, show } = createDoor()
  for (let time = 0; time < 30; time++) {
    for (const header of ['', 'Bearer', 'Digest abc', `Basic ${btoa('no colon')}`]) {
      expect(send(header)).toBe('none')
    }
  }
  expect(show(token)).toBe('granted')
})

test('where there is no token, the empty one does not open', () => {
  const { show } = createDoor('')
  expect(show('')).toBe('none')
})

test('after twenty wrong ones nothing is looked at, until a minute gives one more', () => {
  const { show, time } = createDoor()
  for (let count = 0; count < 20; count++) expect(show(`wrong ${count}`)).toBe('wrong')
  expect(show(token)).toBe('too-many')
  // Neither what was refused unseen nor another address changes that.
  expect(show(token, '192.0.2.2')).toBe('granted')
  time.ms += 59_000
  expect(show(token)).toBe('too-many')
  time.ms += 1000
  expect(show(token)).toBe('granted')
  expect(show('wrong once more')).toBe('wrong')
  expect(show(token)).toBe('too-many')
})

test('addresses that have waited long enough are forgotten, others are not', async () => {
  const { access, show, time } = createDoor()
  for (let count = 0; count < 20; count++) show('wrong', '192.0.2.1')
  show('wrong', '192.0.2.2')
  time.ms += 19 * 60_000
  await access.sweep()
  for (let count = 0; count < 19; count++) expect(show('wrong', '192.0.2.1')).toBe('wrong')
  expect(show(token, '192.0.2.1')).toBe('too-many')
})

test('an attack from very many addresses has one allowance beyond the first ten thousand', () => {
  const { show } = createDoor()
  for (let count = 0; count < 10_000; count++) show('wrong', `one ${count}`)
  for (let count = 0; count < 20; count++) expect(show('wrong', `more ${count}`)).toBe('wrong')
  expect(show('wrong', 'yet another')).toBe('too-many')
  expect(show(token, 'one 5')).toBe('granted')
})
