// A site with a secret or a public key accepts only users with a token that the site has signed.
import type { MessageOf } from '@buddy-chat/protocol'
import { generateKeyPairSync } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

const secret = new TextEncoder().encode('a secret of thirty-two characters or more')
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const sites = [
  {
    key: 'shop',
    allowedOrigins: ['*'],
    secret: 'a secret of thirty-two characters or more',
    lobbies: ['music', 'sports'],
  },
  {
    key: 'club',
    allowedOrigins: ['*'],
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  },
]

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

/** Signs a valid token with `changes` to its claims; a claim that is undefined is left out. */
function sign(
  changes: object = {},
  alg = 'HS256',
  key: Parameters<SignJWT['sign']>[0] = secret,
): Promise<string> {
  const claims = { sub: 'customer-7', aud: 'shop', exp: inSeconds(300), name: 'Ana of the shop' }
  return new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg }).sign(key)
}

/** Sends hello with a token; resolves with the client and the answer. */
async function sendToken(
  url: string,
  token: string | null,
  key = 'shop',
): Promise<{ client: RawClient; answer: MessageOf<'welcome' | 'error'> }> {
  const client = await RawClient.connect(url)
  client.sendHello({ site: key, name: 'whatever the page says', token })
  return { client, answer: await client.receiveAnyOf('welcome', 'error') }
}

test('accepts an HS256 token, and uses the name in it', async ({ startServer }) => {
  const { url } = await startServer({ sites })
  const { answer } = await sendToken(url, await sign())
  expect(answer).toMatchObject({ type: 'welcome', name: 'Ana of the shop' })
})

test('accepts an ES256 token with the public key of the site', async ({ startServer }) => {
  const { url } = await startServer({ sites })
  const token = await sign({ aud: 'club' }, 'ES256', privateKey)
  expect((await sendToken(url, token, 'club')).answer).toMatchObject({ type: 'welcome' })
})

test('replaces a lone surrogate in a name by U+FFFD, for the user and for the partner', async ({
  startServer,
}) => {
  const { url } = await startServer({ sites })
  const { client, answer } = await sendToken(url, await sign({ name: 'Ana \ud83d' }))
  expect(answer).toMatchObject({ type: 'welcome', name: 'Ana \ufffd' })
  const { client: partner } = await sendToken(url, await sign({ sub: 'customer-8' }))
  client.enter()
  await client.receive('waiting')
  partner.enter()
  expect((await partner.receive('matched')).partnerName).toBe('Ana \ufffd')
})

const other = new TextEncoder().encode('another secret of thirty-two characters')
const unsecured = (): string =>
  new UnsecuredJWT({ sub: 'customer-7', aud: 'shop', exp: inSeconds(300) }).encode()
const encodePart = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
const tampered = async (): Promise<string> => {
  const [header, , signature] = (await sign()).split('.')
  return [header, encodePart({ sub: 'admin', aud: 'shop', exp: inSeconds(300) }), signature].join(
    '.',
  )
}

type Create = () => string | null | Promise<string>
const invalid = ['token-invalid', 4505] as const
const refusedTokens: Readonly<Record<string, readonly [Create, string, number]>> = {
  'that is missing': [() => null, 'token-required', 4504],
  'signed with another secret': [() => sign({}, 'HS256', other), ...invalid],
  'changed after it was signed': [tampered, ...invalid],
  'with alg none': [unsecured, ...invalid],
  'with alg none in another spelling': [
    () => unsecured().replace(/^[^.]+/, encodePart({ alg: 'NonE' })),
    ...invalid,
  ],
  'signed with HS512 instead of HS256': [() => sign({}, 'HS512'), ...invalid],
  'signed with another kind of key': [() => sign({}, 'ES256', privateKey), ...invalid],
  'that has expired': [() => sign({ exp: inSeconds(-60) }), 'token-expired', 4506],
  'without an expiry time': [() => sign({ exp: undefined }), ...invalid],
  'without a subject': [() => sign({ sub: undefined }), ...invalid],
  'that is not valid yet': [() => sign({ nbf: inSeconds(300) }), ...invalid],
  'for another site': [() => sign({ aud: 'club' }), 'token-wrong-site', 4507],
  'without a site': [() => sign({ aud: undefined }), 'token-wrong-site', 4507],
  'whose name is not a string': [() => sign({ name: 7 }), ...invalid],
  'whose subject is not well-formed Unicode': [() => sign({ sub: 'customer-\ud800' }), ...invalid],
  'whose lobby is not well-formed Unicode': [() => sign({ lobby: '\udc00' }), ...invalid],
  'that is not a JWT': [() => 'let me in', ...invalid],
}

test.for(Object.entries(refusedTokens))(
  'refuses a token %s with a named error and close code',
  async ([, [create, code, close]], { startServer }) => {
    const { server, url } = await startServer({ sites })
    const { answer, client } = await sendToken(url, await create())
    expect(answer).toMatchObject({ type: 'error', code })
    expect(await client.closed()).toEqual({ code: close, reason: code })
    expect(server.status().users).toBe(0)
    expect((await sendToken(url, await sign())).answer.type).toBe('welcome')
  },
)

test('restricts a user to the lobby in the token', async ({ startServer }) => {
  const { url } = await startServer({ sites })
  const token = await sign({ lobby: 'music' })
  const { client } = await sendToken(url, token)
  client.enter({ lobby: 'sports' })
  expect(await client.errorCode()).toBe('not-permitted')
  client.enter()
  await client.receive('waiting')
  const { client: free } = await sendToken(url, await sign({ sub: 'another' }))
  free.enter({ lobby: 'music' })
  await Promise.all([client.receive('matched'), free.receive('matched')])
})

test('ignores tokens if the site has no secret', async ({ startServer }) => {
  const { url } = await startServer()
  expect((await sendToken(url, 'anything', '')).answer.type).toBe('welcome')
})

test('resumes a session whose token has expired meanwhile', async ({ startServer }) => {
  const { url } = await startServer({ sites })
  const { client, answer } = await sendToken(url, await sign())
  const { session, resumeToken } = answer as MessageOf<'welcome'>
  client.socket.terminate()
  await client.closed()
  const again = await RawClient.connect(url)
  again.sendHello({
    site: 'shop',
    token: await sign({ exp: inSeconds(-60) }),
    resume: { token: resumeToken ?? '', received: 0, sent: null, roomToken: null },
  })
  expect(await again.receive('welcome')).toMatchObject({ session, received: 0 })
})

test('a ban closes every session of the token’s subject, and refuses the subject and the address', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ sites, trustedProxyHops: 1 })
  const from = (address: string) =>
    RawClient.connect(url, { headers: { 'x-forwarded-for': address } })
  const token = await sign()
  const ana = await from('192.0.2.1')
  ana.sendHello({ site: 'shop', token })
  const { session } = await ana.receive('welcome')
  const otherTab = await from('192.0.2.3')
  otherTab.sendHello({ site: 'shop', token })
  const { resumeToken } = await otherTab.receive('welcome')
  const otherUser = await from('192.0.2.1')
  otherUser.sendHello({ site: 'shop', token: await sign({ sub: 'customer-8' }) })
  await otherUser.receive('welcome')
  expect(server.ban(session, 60_000)).toBe(true)
  for (const tab of [ana, otherTab]) {
    expect(await tab.errorCode()).toBe('banned')
    expect((await tab.closed()).code).toBe(4510)
  }
  await otherUser.settled()
  const resuming = await from('192.0.2.3')
  resuming.sendHello({
    site: 'shop',
    token,
    resume: { token: resumeToken ?? '', received: 0, sent: null, roomToken: null },
  })
  expect(await resuming.errorCode()).toBe('banned')
  const sameAddress = await from('192.0.2.1')
  sameAddress.sendHello({ site: 'shop', token: await sign({ sub: 'customer-9' }) })
  expect(await sameAddress.errorCode()).toBe('banned')
  const sameSubject = await from('192.0.2.2')
  sameSubject.sendHello({ site: 'shop', token })
  expect(await sameSubject.errorCode()).toBe('banned')
  const unaffected = await from('192.0.2.2')
  unaffected.sendHello({ site: 'shop', token: await sign({ sub: 'customer-9' }) })
  await unaffected.receive('welcome')
  expect(server.ban('unknown', 60_000)).toBe(false)
})
