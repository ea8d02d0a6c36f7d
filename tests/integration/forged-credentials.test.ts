// Forged site tokens, proxy headers and origins are refused with a named error. Other users are not
// disturbed.
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

/** Encodes a JSON Web Token (RFC 7519) with any key, header and hash. */
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
  ['that is missing', null, 'token-required', 4504],
  ['that is empty', '', 'token-invalid', 4505],
  ['that is not a JWT', 'let me in', 'token-invalid', 4505],
  ['of three dots', '...', 'token-invalid', 4505],
  ['with alg none', `${part({ alg: 'none' })}.${part(claims)}.`, 'token-invalid', 4505],
  ['with alg None', `${part({ alg: 'None' })}.${part(claims)}.`, 'token-invalid', 4505],
  [
    'with alg none and a signature',
    token(claims, { header: { alg: 'none' } }),
    'token-invalid',
    4505,
  ],
  ['without alg', token(claims, { header: { typ: 'JWT' } }), 'token-invalid', 4505],
  [
    'signed with the right key and another hash',
    token(claims, { header: { alg: 'HS512' }, hash: 'sha512' }),
    'token-invalid',
    4505,
  ],
  ['with an asymmetric alg', token(claims, { header: { alg: 'RS256' } }), 'token-invalid', 4505],
  ['signed with another key', token(claims, { key: 'guess' }), 'token-invalid', 4505],
  ['signed with the empty key', token(claims, { key: '' }), 'token-invalid', 4505],
  ['signed with the site key as secret', token(claims, { key: 'shop' }), 'token-invalid', 4505],
  [
    'that contains its own key',
    token(claims, {
      key: 'mine',
      header: { alg: 'HS256', jwk: { kty: 'oct', k: Buffer.from('mine').toString('base64url') } },
    }),
    'token-invalid',
    4505,
  ],
  [
    'with an unknown critical header',
    token(claims, { header: { alg: 'HS256', crit: ['x'], x: 1 } }),
    'token-invalid',
    4505,
  ],
  [
    'whose claims were changed after signing',
    `${head}.${part({ ...claims, sub: 'admin' })}.${signature}`,
    'token-invalid',
    4505,
  ],
  ['without a signature', good.slice(0, good.lastIndexOf('.') + 1), 'token-invalid', 4505],
  ['that has expired', token({ ...claims, exp: nowSeconds - 60 }), 'token-expired', 4506],
  ['that is not valid yet', token({ ...claims, nbf: nowSeconds + 600 }), 'token-invalid', 4505],
  ['without an expiry time', token(without('exp')), 'token-invalid', 4505],
  ['without a subject', token(without('sub')), 'token-invalid', 4505],
  ['whose expiry time is not a number', token({ ...claims, exp: 'never' }), 'token-invalid', 4505],
  ['for another site', token({ ...claims, aud: 'bank' }), 'token-wrong-site', 4507],
  ['without a site', token(without('aud')), 'token-wrong-site', 4507],
  ['whose name is too long', token({ ...claims, name: 'n'.repeat(200) }), 'token-invalid', 4505],
  ['whose name is a list', token({ ...claims, name: ['Ana'] }), 'token-invalid', 4505],
  ['whose claims are a list', token([claims]), 'token-invalid', 4505],
]

test.for(forged)('refuses a token %s', async ([, jwt, code, close], { startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours({ sites: [site] })
  const client = await RawClient.connect(url)
  client.sendHello({ site: 'shop', token: jwt })
  expect(await client.receive('error')).toMatchObject({ code, retryAfterMs: null })
  expect(await client.closed()).toEqual({ code: close, reason: code })
  expect(server.status().users).toBe(2)
})

test('accepts the valid token that the forged ones were made from', async ({
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
    'other entries in X-Forwarded-For, if no proxy is configured',
    {},
    [{ 'X-Forwarded-For': '192.0.2.1' }, { 'X-Forwarded-For': '192.0.2.2' }],
  ],
  [
    'other entries before the entry of the proxy',
    { trustedProxyHops: 1 },
    [
      { 'X-Forwarded-For': '6.6.6.6, 192.0.2.1' },
      { 'X-Forwarded-For': '7.7.7.7,8.8.8.8,192.0.2.1' },
    ],
  ],
  [
    'another spelling of the same address',
    { trustedProxyHops: 1 },
    [
      { 'X-Forwarded-For': '192.0.2.1' },
      { 'X-Forwarded-For': '::ffff:192.0.2.1' },
      { 'X-Forwarded-For': '192.0.2.1:443' },
    ],
  ],
  [
    'another address of the same IPv6 network',
    { trustedProxyHops: 1 },
    [{ 'X-Forwarded-For': '2001:db8::1' }, { 'X-Forwarded-For': '2001:db8:0:0:ffff::2' }],
  ],
  [
    'other entries before the last address that is not a trusted proxy',
    { trustedProxies: ['127.0.0.0/8', '::1', '10.0.0.0/8'] },
    [
      { 'X-Forwarded-For': '6.6.6.6, 192.0.2.1, 10.0.0.1' },
      { 'X-Forwarded-For': '7.7.7.7, 192.0.2.1, 10.0.0.2' },
    ],
  ],
  [
    'other headers that proxies use',
    { trustedProxyHops: 1 },
    ['X-Real-IP', 'Forwarded', 'CF-Connecting-IP', 'True-Client-IP', 'X-Client-IP'].map(
      (name, index) => ({ [name]: `for=192.0.2.${index}` }),
    ),
  ],
  [
    'an invalid address',
    { trustedProxyHops: 1 },
    [{ 'X-Forwarded-For': 'rubbish' }, { 'X-Forwarded-For': 'x'.repeat(1000) }],
  ],
]

test.for(spoofed)(
  'the limit for an address cannot be evaded by %s',
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
] as const)(
  'refuses the origin %s with `origin-not-allowed`',
  async (origin, { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours({
      allowedOrigins: ['https://chat.example', 'https://*.friends.example'],
    })
    const client = await RawClient.connect(url, { origin: Buffer.from(origin).toString('latin1') })
    expect(await client.errorCode()).toBe('origin-not-allowed')
    expect(await client.closed()).toEqual({ code: 4501, reason: 'origin-not-allowed' })
    expect(server.status().users).toBe(2)
  },
)
