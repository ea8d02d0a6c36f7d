import { expect, test } from 'vitest'
import type { HttpRequest } from '../../transport/transport.ts'
import { AdminAccess } from './admin-access.ts'

const token = 'the token of these tests, which is long'

interface Fixture {
  readonly access: AdminAccess
  readonly time: { ms: number }
  /** Checks a request from an address, with the token as the password of `Basic` authentication. */
  readonly sendToken: (given: string, address?: string) => string
  readonly send: (authorization: string) => string
}

function createFixture(adminToken = token): Fixture {
  const time = { ms: 0 }
  const access = new AdminAccess({
    adminToken: () => adminToken,
    addressKeyOf: ({ remoteAddress }) => remoteAddress,
    now: () => time.ms,
  })
  const send = (authorization: string, remoteAddress = '192.0.2.1'): string =>
    access.check({ remoteAddress, header: () => authorization } as unknown as HttpRequest)
  const sendToken = (given: string, address?: string): string =>
    send(`Basic ${Buffer.from(`:${given}`).toString('base64')}`, address)
  return { access, time, send, sendToken }
}

test('accepts the token with `Bearer`, or `Basic` with any user name, in lower or upper case', () => {
  const { send } = createFixture('a-token-without-spaces-0123456789')
  const basic = (text: string): string => `basic ${Buffer.from(text).toString('base64')}`
  expect(send('Bearer a-token-without-spaces-0123456789')).toBe('granted')
  expect(send('BEARER  a-token-without-spaces-0123456789 ')).toBe('granted')
  expect(send(basic('me:a-token-without-spaces-0123456789'))).toBe('granted')
  expect(send(basic('me:a-token-without-spaces-0123456789:'))).toBe('wrong')
  expect(send('Bearer a-token-without-spaces-012345678')).toBe('wrong')
})

test('does not count requests without a token', () => {
  const { send, sendToken } = createFixture()
  for (let time = 0; time < 30; time++) {
    for (const header of ['', 'Bearer', 'Digest abc', `Basic ${btoa('no colon')}`]) {
      expect(send(header)).toBe('none')
    }
  }
  expect(sendToken(token)).toBe('granted')
})

test('grants nothing if the server has no token', () => {
  const { sendToken } = createFixture('')
  expect(sendToken('')).toBe('none')
})

test('after twenty wrong tokens, checks only one more each minute', () => {
  const { sendToken, time } = createFixture()
  for (let count = 0; count < 20; count++) expect(sendToken(`wrong ${count}`)).toBe('wrong')
  expect(sendToken(token)).toBe('too-many')
  // Requests that were not checked do not count, and other addresses are not affected.
  expect(sendToken(token, '192.0.2.2')).toBe('granted')
  time.ms += 59_000
  expect(sendToken(token)).toBe('too-many')
  time.ms += 1000
  expect(sendToken(token)).toBe('granted')
  expect(sendToken('wrong once more')).toBe('wrong')
  expect(sendToken(token)).toBe('too-many')
})

test('forgets only addresses whose rate has recovered', async () => {
  const { access, sendToken, time } = createFixture()
  for (let count = 0; count < 20; count++) sendToken('wrong', '192.0.2.1')
  sendToken('wrong', '192.0.2.2')
  time.ms += 19 * 60_000
  await access.sweep()
  for (let count = 0; count < 19; count++) expect(sendToken('wrong', '192.0.2.1')).toBe('wrong')
  expect(sendToken(token, '192.0.2.1')).toBe('too-many')
})

test('after ten thousand addresses, all further addresses share one rate', () => {
  const { sendToken } = createFixture()
  for (let count = 0; count < 10_000; count++) sendToken('wrong', `one ${count}`)
  for (let count = 0; count < 20; count++) expect(sendToken('wrong', `more ${count}`)).toBe('wrong')
  expect(sendToken('wrong', 'yet another')).toBe('too-many')
  expect(sendToken(token, 'one 5')).toBe('granted')
})
