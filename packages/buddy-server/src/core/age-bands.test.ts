// A site signs the age band and the attributes of its users. A client cannot change them.
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { TestServer, type TestClient } from './core.fixture.ts'

const secret = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'
const sites = [
  {
    key: 'forum',
    allowedOrigins: ['*'],
    secret,
    attributes: ['verified'],
    ageBands: ['minor', 'adult'],
    defaultAgeBand: 'minor',
  },
]
const asks = [{ attribute: 'verified', values: ['true'] }]
let nextSubject = 0

/** Joins the site `forum` with a token that has these claims. */
async function join(server: TestServer, claims: object = {}): Promise<TestClient> {
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(`user ${nextSubject++}`)
    .setAudience('forum')
    .setExpirationTime('1m')
    .sign(new TextEncoder().encode(secret))
  const client = await server.join('192.0.2.1', { site: 'forum', token })
  // The signature is checked outside the main thread.
  await expect.poll(() => client.messages.length).toBeGreaterThan(0)
  return client
}

test('users of different bands never meet, and unsigned ones are in the default band', async () => {
  const server = new TestServer({ sites })
  const adult = await join(server, { age_band: 'adult' })
  const unsigned = await join(server)
  for (const client of [adult, unsigned]) client.enter()
  server.clock.advance(3_600_000)
  expect([adult.of('matched').length, unsigned.of('matched').length]).toEqual([0, 0])
  const minor = await join(server, { age_band: 'minor' })
  minor.enter()
  expect(unsigned.of('matched')).toHaveLength(1)
  const other = await join(server, { age_band: 'adult' })
  other.enter()
  expect(adult.of('matched')).toHaveLength(1)
})

test('refuses a token with a band that the site does not have', async () => {
  const client = await join(new TestServer({ sites }), { age_band: 'anyone' })
  expect(client.of('error')).toMatchObject([{ code: 'token-invalid' }])
})

test('a session that a later process restores keeps its band and its attributes', async () => {
  const former = new TestServer({ sites })
  const ana = await join(former, { age_band: 'adult', verified: true })
  const server = new TestServer({ sites })
  const again = await server.join('192.0.2.1', {
    site: 'forum',
    resume: { ...ana.resume, sent: 0 },
  })
  expect(again.session.identity).toEqual(ana.session.identity)
  expect(again.session.identity).toMatchObject({ band: 'adult', attributes: { verified: 'true' } })
})

test('does not restore a session whose band the site no longer has', async () => {
  const former = new TestServer({ sites })
  const ana = await join(former, { age_band: 'adult' })
  const [site] = sites
  const changed = [{ ...site!, ageBands: ['minor', 'grown'] }]
  const server = new TestServer({ sites: changed })
  const again = await server.join('192.0.2.1', {
    site: 'forum',
    resume: { ...ana.resume, sent: 0 },
  })
  // Without a token the client cannot get a new session either.
  expect(again.of('error')).toMatchObject([{ code: 'token-required' }])
})

test('a ticket and a change may ask only for attributes that the site signs', async () => {
  const server = new TestServer({ sites })
  const ana = await join(server)
  ana.enter({ asks: [{ attribute: 'age', values: ['20'] }] })
  ana.enter({ asks })
  ana.send({
    type: 'change',
    interests: [],
    languages: [],
    asks: [{ attribute: 'x', values: ['1'] }],
  })
  const message = 'this site does not let users ask for such an attribute'
  expect(ana.of('error')).toMatchObject([
    { code: 'not-permitted', message },
    { code: 'not-permitted', message },
  ])
  expect(ana.of('waiting')).toHaveLength(1)
})
