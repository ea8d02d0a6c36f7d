import { group } from '../case.ts'
import { equal } from '../failure.ts'
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
  {
    title: 'drops an offer that does not fit into a signal',
    rule: 'If the `signal` of the offer would be longer than a `signal` may be, the server must drop the offer, and `isOffered` is false.',
    run: async (t) => {
      // A ticket may be 1024 bytes longer than a signal.
      const candidates = Array.from({ length: 17 }, () => ['c'.repeat(1000), '0', 0, null])
      const large: readonly Packable[] = [[0, 'v'.repeat(32_300)], candidates, null, 0]
      const { waited, waitedMatch, arrived, arrivedMatch } = await t.pair({}, { offer: large })
      equal([waitedMatch.isOffered, arrivedMatch.isOffered], [false, false], 'isOffered')
      await t.quiet(waited, arrived)
    },
  },
])
