// Tokens and headers that claim what is not so: refused by name, and nobody inside notices.
import { createHmac } from 'node:crypto'
import type { BuddyServerOptions } from '@buddy-chat/server'
import { expect } from 'vitest'
import { test } from './neighbours-fixture.ts'
import { RawClient } from './raw-client.ts'

const secret = 'a secret of thirty-two characters'
const site: NonNullable<BuddyServerOptions['sites']>[number] = {
  key: 'shop',
  allowedOrigins: ['*'],
  secret,
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const nowSeconds = Math.floor(Date.now() / 1000)
const claims = { sub: 'u1', aud: 'shop', exp: nowSeconds + 3600 }

/** A JSON Web Token (RFC 7519), signed with any key by any hash. */
function token(
  payload: unknown,
  {
    key = secret,
    header = { alg: 'HS256' },
    hash = 'sha256',
  }: {
    key?: string
    header?: Record<string, unknown>
    hash?: string
  } = {},
): string {
  const signed = `${part(header)}.${part(payload)}`
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`
}

const good = token(claims)
const [head, , signature] = good.split('.')
const without = (name: keyof typeof claims): unknown =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))

const forged: readonly [name: string, token: string | null, code: string, close: number][] = [
  ['none', null, 'token-required', 4504],
  ['empty', '', 'token-invalid', 4505],
  ['no token at all', 'let me in', 'token-invalid', 4505],
  ['three dots', '...', 'token-invalid', 4505],
  ['alg none', `${part({ alg: 'none' })}.${part(claims)}.`, 'token-invalid', 4505],
  ['alg None', `${part({ alg: 'None' })}.${part(claims)}.`, 'token-invalid', 4505],
  ['alg none, yet signed', token(claims, { header: { alg: 'none' } }), 'token-invalid', 4505],
  ['no alg', token(claims, { header: { typ: 'JWT' } }), 'token-invalid', 4505],
  [
    'the right key with another hash',
    token(claims, { header: { alg: 'HS512' }, hash: 'sha512' }),
    'token-invalid',
    4505,
  ],
  ['an asymmetric alg', token(claims, { header: { alg: 'RS256' } }), 'token-invalid', 4505],
  ['another key', token(claims, { key: 'guess' }), 'token-invalid', 4505],
  ['the empty key', token(claims, { key: '' }), 'token-invalid', 4505],
  ['the site’s public key as key', token(claims, { key: 'shop' }), 'token-invalid', 4505],
  [
    'a key of its own inside',
    token(claims, {
      key: 'mine',
      header: { alg: 'HS256', jwk: { kty: 'oct', k: Buffer.from('mine').toString('base64url') } },
    }),
    'token-invalid',
    4505,
  ],
  [
    'a critical header nobody knows',
    token(claims, { header: { alg: 'HS256', crit: ['x'], x: 1 } }),
    'token-invalid',
    4505,
  ],
  [
    'other claims under the signature',
    `${head}.${part({ ...claims, sub: 'admin' })}.${signature}`,
    'token-invalid',
    4505,
  ],
  ['no signature', good.slice(0, good.lastIndexOf('.') + 1), 'token-invalid', 4505],
  ['expired', token({ ...claims, exp: nowSeconds - 60 }), 'token-expired', 4506],
  ['not valid yet', token({ ...claims, nbf: nowSeconds + 600 }), 'token-invalid', 4505],
  ['without an end', token(without('exp')), 'token-invalid', 4505],
  ['without a person', token(without('sub')), 'token-invalid', 4505],
  ['an end that is no number', token({ ...claims, exp: 'never' }), 'token-invalid', 4505],
  ['for another site', token({ ...claims, aud: 'bank' }), 'token-wrong-site', 4507],
  ['for no site', token(without('aud')), 'token-wrong-site', 4507],
  ['a name too long', token({ ...claims, name: 'n'.repeat(200) }), 'token-invalid', 4505],
  ['a name that is a list', token({ ...claims, name: ['Ana'] }), 'token-invalid', 4505],
  ['claims that are a list', token([claims]), 'token-invalid', 4505],
]

test.for(forged)('a token that is %s', async ([, jwt, code, close], { startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours({ sites: [site] })
  const client = await RawClient.connect(url)
  client.sendHello({ site: 'shop', token: jwt })
  expect(await client.receive('error')).toMatchObject({ code, retryAfterMs: null })
  expect(await client.closed()).toEqual({ code: close, reason: code })
  expect(server.status().users).toBe(2)
})

test('the good one, whose change made each of these bad, is let in', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours({ sites: [site] })
  const client = await RawClient.connect(url)
  client.sendHello({ site: 'shop', token: good })
  await client.receive('welcome')
})

const spoofed: readonly [
  name: string,
  options: BuddyServerOptions,
  headers: readonly Readonly<Record<string, string>>[],
][] = [
  [
    'no proxy is declared',
    {},
    [{ 'X-Forwarded-For': '192.0.2.1' }, { 'X-Forwarded-For': '192.0.2.2' }],
  ],
  [
    'the proxy’s entry is the same, whatever stands before it',
    { trustedProxyHops: 1 },
    [
      { 'X-Forwarded-For': '6.6.6.6, 192.0.2.1' },
      { 'X-Forwarded-For': '7.7.7.7,8.8.8.8,192.0.2.1' },
    ],
  ],
  [
    'the same address in another spelling',
    { trustedProxyHops: 1 },
    [
      { 'X-Forwarded-For': '192.0.2.1' },
      { 'X-Forwarded-For': '::ffff:192.0.2.1' },
      { 'X-Forwarded-For': '192.0.2.1:443' },
    ],
  ],
  [
    'another address of one IPv6 network',
    { trustedProxyHops: 1 },
    [{ 'X-Forwarded-For': '2001:db8::1' }, { 'X-Forwarded-For': '2001:db8:0:0:ffff::2' }],
  ],
  [
    'addresses left of the last that is not ours',
    { trustedProxies: ['127.0.0.0/8', '::1', '10.0.0.0/8'] },
    [
      { 'X-Forwarded-For': '6.6.6.6, 192.0.2.1, 10.0.0.1' },
      { 'X-Forwarded-For': '7.7.7.7, 192.0.2.1, 10.0.0.2' },
    ],
  ],
  [
    'other headers that proxies send',
    { trustedProxyHops: 1 },
    ['X-Real-IP', 'Forwarded', 'CF-Connecting-IP', 'True-Client-IP', 'X-Client-IP'].map(
      (name, index) => ({ [name]: `for=192.0.2.${index}` }),
    ),
  ],
  [
    'rubbish',
    { trustedProxyHops: 1 },
    [{ 'X-Forwarded-For': 'rubbish' }, { 'X-Forwarded-For': 'x'.repeat(1000) }],
  ],
]

test.for(spoofed)(
  'a limit by address is not got round where %s',
  async ([, options, headers], { startServer }) => {
    const { url } = await startServer({ ...options, maxConnectionsPerAddress: 1 })
    const [first = {}, ...more] = headers
    await RawClient.join(url, 'First', { headers: first })
    for (const each of more) {
      const client = await RawClient.connect(url, { headers: each })
      expect(await client.errorCode()).toBe('too-many-connections')
      expect(await client.closed()).toEqual({ code: 4002, reason: 'too-many-connections' })
    }
  },
)

test.for([
  'https://chat.example.evil.example',
  'https://evil.example/https://chat.example',
  'https://chat.example@evil.example',
  'https://chat.example:444',
  'https://chat.example.',
  'https://chat.exampl\u0435',
  'http://chat.example',
  'chat.example',
  'https://friends.example',
  'https://evilfriends.example',
  'https://.friends.example',
  'null',
  'file://',
  '*',
] as const)('the origin %s: origin-not-allowed', async (origin, { startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours({
    allowedOrigins: ['https://chat.example', 'https://*.friends.example'],
  })
  const client = await RawClient.connect(url, { origin: Buffer.from(origin).toString('latin1') })
  expect(await client.errorCode()).toBe('origin-not-allowed')
  expect(await client.closed()).toEqual({ code: 4501, reason: 'origin-not-allowed' })
  expect(server.status().users).toBe(2)
})
