import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { signWebhook, verifySignature } from './signature.ts'

const secret = 'a secret of at least thirty-two characters'
const body = '{"event":"match","data":{"name":"Zoë"}}'
const nowMs = 1_800_000_000_999
const header = signWebhook(secret, body, nowMs)
const genuine = { secret, header, body, nowMs }

test('signs as documented, so that a receiver in any language can verify it', () => {
  const hex = createHmac('sha256', secret).update(`1800000000.${body}`, 'utf8').digest('hex')
  expect(header).toBe(`t=1800000000,v1=${hex}`)
})

test('accepts a genuine request, with its body as text or as bytes', () => {
  expect(verifySignature(genuine)).toBe(true)
  expect(verifySignature({ ...genuine, body: Buffer.from(body) })).toBe(true)
})

test('accepts a header with several signatures if one of them is valid, as is usual while a secret is replaced', () => {
  const other = signWebhook('another one', body, nowMs).split(',')[1]
  const [time, own] = header.split(',')
  expect(verifySignature({ ...genuine, header: `${time}, ${other}, ${own}, v2=later` })).toBe(true)
})

describe('verifySignature', () => {
  test('refuses another body, secret or time than was signed', () => {
    expect(verifySignature({ ...genuine, body: body.replace('match', 'leave') })).toBe(false)
    expect(verifySignature({ ...genuine, secret: `${secret}!` })).toBe(false)
    const later = header.replace('1800000000', '1800000001')
    expect(verifySignature({ ...genuine, header: later })).toBe(false)
  })

  test('refuses a request whose time is too old or in the future', () => {
    const sentMs = 1_800_000_000_000
    for (const [awayMs, isFresh] of [
      [300_000, true],
      [300_001, false],
    ] as const) {
      expect(verifySignature({ ...genuine, nowMs: sentMs + awayMs })).toBe(isFresh)
      expect(verifySignature({ ...genuine, nowMs: sentMs - awayMs })).toBe(isFresh)
    }
    expect(verifySignature({ ...genuine, nowMs: sentMs + 2000, toleranceMs: 1000 })).toBe(false)
    expect(verifySignature({ ...genuine, nowMs: Number.NaN })).toBe(false)
  })

  test('refuses every request if the secret is not set', () => {
    const signed = signWebhook('', body, nowMs)
    expect(verifySignature({ ...genuine, secret: '', header: signed })).toBe(false)
    expect(verifySignature({ ...genuine, secret: undefined })).toBe(false)
  })

  const [time, own] = header.split(',') as [string, string]
  test.for([
    undefined,
    null,
    [header, header],
    '',
    time,
    own,
    `${time},v1=`,
    `${time},${own.slice(0, -1)}`,
    `${time},${own}0`,
    `${time},${own.replace('v1', 'v0')}`,
    `t=1,${time},${own}`,
    `t=,${own}`,
    `t=NaN,${own}`,
    `t=-1800000000,${own}`,
    `${time};${own}`,
  ])('refuses the malformed header %s', (malformed) => {
    expect(verifySignature({ ...genuine, header: malformed })).toBe(false)
  })
})
