import { group } from '../case.ts'
import { check, equal } from '../failure.ts'
import { pack, type Packable } from '../msgpack.ts'
import { modes, types } from '../wire.ts'

const passesOn =
  'If an arriving `ticket` or `next` has an `offer` and is matched at once, the server must send the offer to the partner as a `signal`, right after `matched`.'
const offeredForBoth = 'Then `isOffered` must be true for both.'
const dropsOffer =
  'If the ticket has to wait, or its mode is text, the server must drop the offer, and `isOffered` is false.'

/** An offer, and the `signal` that its partner receives. */
const offer: readonly Packable[] = [[0, 'v=0\r\n'], [], [true, false], null]
const offerFrame = pack([types.signal, ...offer])

export const offerCases = group('offers', 'offers', [
  {
    title: 'passes on the offer of a ticket right after matched',
    rule: passesOn,
    run: async (t) => {
      const { waited, arrived } = await t.pair({}, { offer })
      await waited.nextRelayed(offerFrame)
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'passes on the offer of a next right after matched',
    rule: passesOn,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      arrived.send('leave')
      await waited.nextPartnerLeft('left')
      const third = await t.join()
      await t.wait(third)
      waited.send('next', offer)
      equal((await waited.next('matched')).isOffered, true, 'isOffered')
      equal((await third.next('matched')).isOffered, true, 'isOffered')
      await third.nextRelayed(offerFrame)
      await t.quiet(waited, third)
    },
  },
  {
    title: 'sets isOffered for both',
    rule: offeredForBoth,
    run: async (t) => {
      const { waited, waitedMatch, arrivedMatch } = await t.pair({}, { offer })
      equal([waitedMatch.isOffered, arrivedMatch.isOffered], [true, true], 'isOffered')
      await waited.nextRelayed(offerFrame)
    },
  },
  {
    title: 'passes on the offer before the first frame of the partner',
    rule: passesOn,
    run: async (t) => {
      const { waited, arrived } = await t.pair({}, { offer })
      const frame = arrived.sendSignal(1)
      await waited.nextRelayed(offerFrame)
      await waited.nextRelayed(frame)
    },
  },
  {
    title: 'drops the offer of a ticket that waits',
    rule: dropsOffer,
    run: async (t) => {
      const { waitedMatch, arrivedMatch, waited, arrived } = await t.pair({ offer }, {})
      equal([waitedMatch.isOffered, arrivedMatch.isOffered], [false, false], 'isOffered')
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'drops the offer of a next that waits',
    rule: dropsOffer,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
      client.send('next', offer)
      await client.next('waiting')
      const other = await t.join()
      t.enter(other)
      equal((await other.next('matched')).isOffered, false, 'isOffered')
      equal((await client.next('matched')).isOffered, false, 'isOffered')
      await t.quiet(client, other)
    },
  },
  {
    title: 'drops the offer in text mode',
    rule: dropsOffer,
    run: async (t) => {
      const probe = await t.join()
      t.requireText(probe)
      const { waited, waitedMatch, arrived, arrivedMatch } = await t.pair(
        { mode: modes.text },
        { mode: modes.text, offer },
      )
      equal([waitedMatch.isOffered, arrivedMatch.isOffered], [false, false], 'isOffered')
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'passes on an offer with 64 candidates',
    rule: passesOn,
    run: async (t) => {
      const candidates = Array.from({ length: 64 }, (_, index) => [`c${index}`, '0', 0, null])
      const full: readonly Packable[] = [[0, 'v=0\r\n'], candidates, null, 0]
      const { waited, arrived } = await t.pair({}, { offer: full })
      await waited.nextRelayed(pack([types.signal, ...full]))
      await t.quiet(waited, arrived)
    },
  },
])

const unanswered =
  'The server must not answer a report of a partner of the present or an earlier room.'
const unknownRoom =
  'The server must answer a report that names a room which the session was not in with `unknown-room`.'
const neverInRoom =
  'The server must answer a report without `room` with `not-in-room` if the session was never in a room.'
const secret = 'The server must not tell the reported partner, nor end the room.'

export const reportCases = group('reports', 'reports', [
  {
    title: 'does not answer a report of the partner, with or without its room',
    rule: unanswered,
    run: async (t) => {
      const { waited, waitedMatch, arrived } = await t.pair()
      waited.send('report', 1, waitedMatch.room)
      arrived.send('report', 2, null)
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'does not answer a report of an earlier partner',
    rule: unanswered,
    run: async (t) => {
      const { waited, waitedMatch, arrived } = await t.pair()
      arrived.send('leave')
      await waited.nextPartnerLeft('left')
      waited.send('report', 3, null)
      waited.send('report', 4, waitedMatch.room)
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'does not answer a report with an unknown reason',
    rule: '`reason` of report: 0 other, 1 nudity, 2 harassment, 3 minor, 4 spam. Any other: other.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.send('report', 200, null)
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'does not answer a repeated report',
    rule: 'Each session can report a partner once, in however many rooms they met; the server does not answer repetitions.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      for (let time = 1; time <= 3; time++) waited.send('report', time, null)
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'keeps the room, and tells the partner nothing',
    rule: secret,
    run: async (t) => {
      const { waited, waitedMatch, arrived } = await t.pair()
      waited.send('report', 1, waitedMatch.room)
      await t.quiet(waited, arrived)
      await t.checkRelay(waited, arrived)
    },
  },
  {
    title: 'answers a report of a room of others with unknown-room',
    rule: unknownRoom,
    run: async (t) => {
      const { waitedMatch, waited, arrived } = await t.pair()
      const client = await t.join()
      client.send('report', 1, waitedMatch.room)
      await client.nextError('unknown-room')
      await t.quiet(client, waited, arrived)
    },
  },
  {
    title: 'answers a report of a room that never was with unknown-room',
    rule: unknownRoom,
    run: async (t) => {
      const { waited } = await t.pair()
      waited.send('report', 1, 'no-such-room')
      await waited.nextError('unknown-room')
      waited.send('report', 1, '')
      await waited.nextError('unknown-room')
    },
  },
  {
    title: 'answers a report before the first room with not-in-room',
    rule: neverInRoom,
    run: async (t) => {
      const client = await t.join()
      client.send('report', 1, null)
      await client.nextError('not-in-room')
      await t.wait(client)
      client.send('report', 1)
      await client.nextError('not-in-room')
    },
  },
])

const cleans =
  'The server must replace control characters, bidirectional controls and invisible format characters in names and interests by spaces, except the joiners U+200C and U+200D.'
const trims =
  'The server must remove white space at both ends, and reduce inner white space to one space.'

const cleaned: readonly [what: string, rule: string, name: string, shown: string][] = [
  ['a control character', cleans, 'a\u0000b\u009fc', 'a b c'],
  ['a bidirectional override', cleans, 'evil\u202egnp.exe', 'evil gnp.exe'],
  ['a bidirectional isolate', cleans, 'a\u2066b', 'a b'],
  ['a zero-width space', cleans, 'a\u200bb', 'a b'],
  ['a soft hyphen', cleans, 'a\u00adb', 'a b'],
  ['an emoji sequence with joiners, which it keeps', cleans, '👩‍🚀', '👩‍🚀'],
  ['a non-joiner, which it keeps', cleans, 'می‌خواهم', 'می‌خواهم'],
  ['white space at both ends', trims, '  Ana \n', 'Ana'],
  ['inner white space', trims, 'Ana \t Maria', 'Ana Maria'],
  ['nothing but spaces', 'A name without a visible character must become empty.', ' \t ', ''],
  [
    'nothing but invisible characters',
    'A name without a visible character must become empty.',
    '\u200b\u2060\ufeff',
    '',
  ],
]

export const nameCases = group('names', 'names', [
  ...cleaned.map(([what, rule, name, shown]) => ({
    title: `cleans a name with ${what}`,
    rule,
    run: async (t: Parameters<(typeof offerCases)[number]['run']>[0]) => {
      const { welcome } = await t.join({ name })
      equal(welcome.name, shown, 'name')
    },
  })),
  {
    title: 'shows the partner the cleaned name',
    rule: "The `name` in `welcome` must be the `partnerName` that the session's partners receive.",
    run: async (t) => {
      const { waitedMatch, arrived } = await t.pair({}, {}, ['Ana', ' B\u202eob '])
      equal(waitedMatch.partnerName, 'B ob', 'partnerName')
      equal(arrived.welcome.name, 'B ob', 'name')
    },
  },
  {
    title: 'cleans interests, and drops invisible and repeated ones',
    rule: 'The server must drop interests without a visible character, and repeated ones.',
    run: async (t) => {
      const { waitedMatch } = await t.pair(
        { interests: [' jazz ', '\u200b', 'jazz', 'go'] },
        { interests: ['go', 'jazz'] },
      )
      equal(waitedMatch.interests, ['jazz', 'go'], 'interests')
    },
  },
])

export const originCases = group('origins', 'origins', [
  {
    title: 'refuses a page of another origin',
    rule: 'The server must refuse a client whose `Origin` is not on its list with `origin-not-allowed`.',
    run: async (t) => {
      const origin = t.target.refusedOrigin ?? t.skip('needs --refused-origin')
      const client = await t.connect({ origin })
      // A server may refuse before `hello` or, if its sites have lists of their own, after it.
      await client.settle()
      if (client.unread.length === 0) t.sendHello(client)
      await client.nextError('origin-not-allowed')
      await client.nextClose('origin-not-allowed')
    },
  },
  {
    title: 'accepts a program that sends no origin',
    rule: 'The server must accept a client that sends no `Origin`.',
    run: async (t) => {
      await t.join({}, { origin: null })
    },
  },
])

export const tokenCases = group('tokens', 'tokens', [
  {
    title: 'requires a token',
    rule: 'If the site requires a token and `token` is nil, the server must refuse the client with `token-required`.',
    run: async (t) => {
      if (t.target.token === undefined) t.skip('needs --token')
      const client = await t.connect()
      t.sendHello(client, { token: null })
      await client.nextError('token-required')
      await client.nextClose('token-required')
    },
  },
  {
    title: 'refuses a token with another signature',
    rule: 'The server must refuse a token whose signature is wrong with `token-invalid`.',
    run: async (t) => {
      const token = t.target.token ?? t.skip('needs --token')
      const [head = '', body = '', signature = ''] = token.split('.')
      const first = signature.startsWith('A') ? 'B' : 'A'
      const client = await t.connect()
      t.sendHello(client, { token: `${head}.${body}.${first}${signature.slice(1)}` })
      await client.nextError('token-invalid')
      await client.nextClose('token-invalid')
    },
  },
  {
    title: 'refuses a token without signature',
    rule: 'The server must refuse a token whose signature is wrong with `token-invalid`.',
    run: async (t) => {
      const token = t.target.token ?? t.skip('needs --token')
      const head = Buffer.from('{"alg":"none"}').toString('base64url')
      const client = await t.connect()
      t.sendHello(client, { token: `${head}.${token.split('.')[1]}.` })
      await client.nextError('token-invalid')
      await client.nextClose('token-invalid')
    },
  },
  {
    title: 'refuses a text that is no token',
    rule: 'The server must refuse a text that is not a token with `token-invalid`.',
    run: async (t) => {
      if (t.target.token === undefined) t.skip('needs --token')
      const client = await t.connect()
      t.sendHello(client, { token: 'not a token' })
      await client.nextError('token-invalid')
      await client.nextClose('token-invalid')
    },
  },
])

export const httpCases = group('http', 'http', [
  {
    title: 'answers /healthz for pages of every origin',
    rule: '`GET /healthz` must answer 200 with a JSON object that has a field `status`, readable for pages of every origin (`Access-Control-Allow-Origin: *`), with the header `Date` exposed to them.',
    run: async (t) => {
      const response = await t.request('healthz')
      equal(response.status, 200, 'the status')
      equal(response.headers.get('access-control-allow-origin'), '*', 'the allowed origin')
      const exposed = response.headers.get('access-control-expose-headers') ?? ''
      check(/\bdate\b/i.test(exposed), `the exposed headers are "${exposed}"`)
      check(response.headers.get('date') !== null, 'there is no header Date')
      const body = (await response.json()) as object
      check('status' in body, `the body is ${JSON.stringify(body)}`)
    },
  },
  {
    title: 'answers a plain request for /ws with 426',
    rule: 'A request for `/ws` that is not a WebSocket handshake must be answered with 426.',
    run: async (t) => {
      equal((await t.request('ws')).status, 426, 'the status')
    },
  },
])
