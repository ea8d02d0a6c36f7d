import { group, type CaseBody } from '../case.ts'
import type { HelloFields } from '../fields.ts'
import { check, equal } from '../failure.ts'
import { pack, type Packable } from '../msgpack.ts'
import { types } from '../wire.ts'

const oneWelcome =
  'The server must answer a valid `hello` with one `welcome`, or refuse the client.'
const retried =
  'If the server has answered a `hello` with an error and has not closed the connection, it must accept another `hello` on this connection.'
const fresh =
  'The `welcome` of a new session must have nil as `received`, and false as `isRestored`.'
const namesMatch =
  "The `name` in `welcome` must be the `partnerName` that the session's partners receive."
const sameName =
  'If the server does not change the name (see names), the `name` in `welcome` must be that of `hello`.'
const ignoresResume =
  'If the server cannot resume the session that `resume` names, it must begin a new session, as if `resume` were nil.'
const fields = '`invalid-field`, if the direction is client and a field breaks its rule.'
const anyVisitor = 'The server must accept a `visitor` that it does not know.'
const byteLength = 'The length of a string is its number of UTF-8 bytes.'
const nilFields = 'Missing fields at the end count as nil.'
const nilElsewhere =
  'Nil in any other field is `invalid-field`, also if the field gives unknown numbers a meaning.'

/** The case that a `hello` with this fault is refused, and that the client can send another. */
function refused(what: string, hello: HelloFields, rule = fields): CaseBody {
  return {
    title: `refuses a hello ${what}, and accepts the next one`,
    rule,
    run: async (t) => {
      const client = await t.connect()
      t.sendHello(client, hello)
      await client.nextError('invalid-field')
      t.sendHello(client)
      await client.next('welcome')
      await client.quiet()
    },
  }
}

/** The case that a `hello` with these fields is accepted. */
function accepted(what: string, hello: HelloFields, rule = fields): CaseBody {
  return {
    title: `accepts a hello ${what}`,
    rule,
    run: async (t) => {
      await t.join(hello)
    },
  }
}

/** The case that a `hello` whose session cannot be resumed begins a new session. */
function begins(what: string, resume: readonly Packable[]): CaseBody {
  return {
    title: `begins a new session for a resume ${what}`,
    rule: ignoresResume,
    run: async (t) => {
      const { welcome } = await t.join({ resume })
      equal(welcome.received, null, 'received')
      equal(welcome.isRestored, false, 'isRestored')
    },
  }
}

export const helloCases = group('hello', 'core', [
  {
    title: 'answers with one welcome and nothing else',
    rule: oneWelcome,
    run: async (t) => {
      const client = await t.join()
      await t.pause(100)
      await client.quiet()
    },
  },
  {
    title: 'sends only valid frames during a whole visit',
    rule: 'Every frame that the server sends must be binary, and hold one message of direction server or partner within the limits of its type and its fields.',
    run: async (t) => {
      // Each connection checks every frame that it receives; the other cases depend on that too.
      const { waited, arrived } = await t.pair({ interests: ['jazz'] })
      await t.checkRelay(waited, arrived)
      waited.send('ping')
      await waited.next('stats')
      arrived.send('next', null)
      await waited.nextPartnerLeft('next')
      await arrived.next('waiting')
      waited.sendSignal()
      await waited.nextError('not-in-room')
    },
  },
  {
    title: 'marks a new session as new',
    rule: fresh,
    run: async (t) => {
      const { welcome } = await t.join()
      equal(welcome.received, null, 'received')
      equal(welcome.isRestored, false, 'isRestored')
    },
  },
  {
    title: 'announces a heartbeat period above zero',
    rule: 'From `welcome` on, the server must send each client at least one binary frame in each period of `heartbeatMs`.',
    run: async (t) => {
      const { welcome } = await t.join()
      check(welcome.heartbeatMs > 0, `heartbeatMs is ${welcome.heartbeatMs}`)
    },
  },
  {
    title: 'gives each session another id',
    rule: 'Each new session must have a `session` of its own.',
    run: async (t) => {
      const clients = [await t.join(), await t.join(), await t.join()]
      const ids = new Set(clients.map(({ welcome }) => welcome.session))
      equal(ids.size, clients.length, 'the number of different ids')
    },
  },
  {
    title: 'returns the name of hello',
    rule: sameName,
    run: async (t) => {
      const { welcome } = await t.join({ name: 'Ana María 👋' })
      equal(welcome.name, 'Ana María 👋', 'name')
    },
  },
  {
    title: 'returns an empty name',
    rule: sameName,
    run: async (t) => {
      const { welcome } = await t.join({ name: '' })
      equal(welcome.name, '', 'name')
    },
  },
  {
    title: 'shows partners the names of their welcomes',
    rule: namesMatch,
    run: async (t) => {
      const { waited, waitedMatch, arrived, arrivedMatch } = await t.pair({}, {}, ['Zoë', ''])
      equal(waitedMatch.partnerName, arrived.welcome.name, 'partnerName of the one that waited')
      equal(arrivedMatch.partnerName, waited.welcome.name, 'partnerName of the one that arrived')
    },
  },
  {
    title: 'refuses a site that does not exist',
    rule: 'If `site` is not empty and the server has no such site, the server must refuse the client with `unknown-site`.',
    run: async (t) => {
      const client = await t.connect()
      t.sendHello(client, { site: 'no-such-site-of-the-conformance-test' })
      await client.nextError('unknown-site')
      await client.nextClose('unknown-site')
    },
  },
  {
    title: 'names the reason of a refusal in an error and in the close',
    rule: 'Whenever the server refuses a client, it must send an error with the reason, and then close with the close code of the same name.',
    run: async (t) => {
      const client = await t.connect()
      t.sendHello(client, { site: 'no-such-site-of-the-conformance-test' })
      const { message } = await client.nextError('unknown-site')
      check(message !== '', 'the message of the error is empty')
      await client.nextClose('unknown-site')
    },
  },
  {
    title: 'ignores a token that the site does not require',
    rule: 'The server must ignore `token` if the site requires none.',
    run: async (t) => {
      if (t.target.token !== undefined) t.skip('the site requires a token')
      await t.join({ token: 'not.a.token' })
    },
  },
  begins('that is not a token', ['not a token', 0, 0, null]),
  begins('whose token is empty', ['', 0, null, null]),
  begins('with a token of 1024 bytes', [
    'A'.repeat(1024),
    4_294_967_295,
    4_294_967_295,
    'A'.repeat(512),
  ]),
  begins('without its last fields', ['not a token', 3]),
  accepted('whose name has 128 bytes', { name: 'é'.repeat(64) }, byteLength),
  accepted('whose client has 64 bytes', { client: 'x'.repeat(64) }),
  accepted('whose client is empty', { client: '' }),
  accepted('whose visitor is unknown', { visitor: 'unknown' }, anyVisitor),
  refused('whose name has 129 bytes', { name: 'x'.repeat(129) }),
  refused('whose name has 65 characters and 130 bytes', { name: 'é'.repeat(65) }, byteLength),
  refused('whose name is nil', { name: null }, nilElsewhere),
  refused('whose name is an integer', { name: 5 }),
  refused('whose name is a list', { name: ['Ana'] }),
  refused('whose site has 65 bytes', { site: 'x'.repeat(65) }),
  refused('whose site is nil', { site: null }, nilElsewhere),
  refused('whose client has 65 bytes', { client: 'x'.repeat(65) }),
  refused('whose client is a boolean', { client: true }),
  refused('whose token has 2049 bytes', { token: 'x'.repeat(2049) }),
  refused('whose token is an integer', { token: 1 }),
  refused('whose resume is a string', { resume: 'token' }),
  refused('whose resume is an empty list', { resume: [] }),
  refused('whose resume has a nil token', { resume: [null, 0, 0, null] }, nilElsewhere),
  refused('whose resume has a token of 1025 bytes', { resume: ['x'.repeat(1025), 0, 0, null] }),
  refused('whose resume has no received', { resume: ['token'] }),
  refused('whose resume has a negative received', { resume: ['token', -1, 0, null] }),
  refused('whose resume has a received of 2³²', { resume: ['token', 4_294_967_296, 0, null] }),
  refused('whose resume has a sent that is a string', { resume: ['token', 0, 'x', null] }),
  refused('whose resume has a roomToken of 513 bytes', {
    resume: ['token', 0, 0, 'x'.repeat(513)],
  }),
  {
    title: 'accepts a hello without its last fields',
    rule: nilFields,
    run: async (t) => {
      if (t.target.token !== undefined) t.skip('the site requires a token')
      const client = await t.connect()
      client.sendBytes(pack([types.hello, 'Ana', t.target.site, 'x']), 'hello')
      await client.next('welcome')
    },
  },
  {
    title: 'refuses a hello without any field',
    rule: 'An optional field without a value is nil.',
    run: async (t) => {
      const client = await t.connect()
      client.sendBytes(pack([types.hello]), 'hello')
      await client.nextError('invalid-field')
    },
  },
  {
    title: 'accepts a hello after three that failed',
    rule: retried,
    run: async (t) => {
      const client = await t.connect()
      for (let time = 1; time <= 3; time++) {
        t.sendHello(client, { name: time })
        await client.nextError('invalid-field')
      }
      t.sendHello(client)
      await client.next('welcome')
    },
  },
  {
    title: 'keeps the session after a second hello',
    rule: 'A frame that the server answers with an error must have no other effect.',
    run: async (t) => {
      const { waited, waitedMatch, arrived, arrivedMatch } = await t.pair()
      t.sendHello(waited, { name: 'Somebody else' })
      await waited.nextError('hello-repeated')
      await t.checkRelay(waited, arrived)
      equal(waitedMatch.room, arrivedMatch.room, 'the rooms')
    },
  },
])
