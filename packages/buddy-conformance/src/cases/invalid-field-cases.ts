import { group, type CaseBody } from '../case.ts'
import type { ticketFields } from '../fields.ts'
import type { Packable } from '../msgpack.ts'
import type { TypeName } from '../wire.ts'

const invalidField = '`invalid-field`, if the direction is client and a field breaks its rule.'
const noEffect = 'A frame that the server answers with an error must have no other effect.'
const nilElsewhere =
  'Nil in any other field is `invalid-field`, also if the field gives unknown numbers a meaning.'

/** The case that a ticket with this field is refused, and changes nothing. */
function refusedTicket(
  what: string,
  ticket: Parameters<typeof ticketFields>[0],
  rule = invalidField,
): CaseBody {
  return {
    title: `refuses a ticket ${what}`,
    rule,
    run: async (t) => {
      const client = await t.join()
      t.enter(client, ticket)
      await client.nextError('invalid-field')
      // The refused ticket did not become the session's latest one.
      client.send('next', null)
      await client.nextError('ticket-required')
    },
  }
}

/** The case that a message with these fields is refused with `invalid-field`. */
function refused(
  name: TypeName,
  what: string,
  fields: readonly Packable[],
  rule = invalidField,
): CaseBody {
  return {
    title: `refuses a ${name} ${what}`,
    rule,
    run: async (t) => {
      const client = await t.join()
      client.send(name, ...fields)
      await client.nextError('invalid-field')
      await client.quiet()
    },
  }
}

const sdp = (length: number): readonly Packable[] => [[0, 'v'.repeat(length)], [], null, null]

export const invalidFieldCases = group('invalid-field', 'core', [
  refusedTicket('of an unknown mode', { mode: 3 }),
  refusedTicket('whose mode is nil', { mode: null }, nilElsewhere),
  refusedTicket('whose mode is a string', { mode: 'video' }),
  refusedTicket('whose mode is negative', { mode: -1 }),
  refusedTicket('whose lobby has 65 bytes', { lobby: 'x'.repeat(65) }),
  refusedTicket('whose lobby is nil', { lobby: null }, nilElsewhere),
  refusedTicket('with 11 interests', { interests: Array.from({ length: 11 }, (_, n) => `i${n}`) }),
  refusedTicket('with an interest of 49 bytes', { interests: ['x'.repeat(49)] }),
  refusedTicket('with an empty interest', { interests: [''] }),
  refusedTicket('with an interest that is an integer', { interests: [5] }),
  refusedTicket('whose interests are a string', { interests: 'jazz' }),
  refusedTicket('with 9 languages', { languages: Array.from({ length: 9 }, () => 'en') }),
  refusedTicket('with a language of 36 bytes', { languages: ['x'.repeat(36)] }),
  refusedTicket('with an empty language', { languages: [''] }),
  refusedTicket('whose offer is a string', { offer: 'v=0' }),
  refusedTicket(
    'whose offer has no candidates',
    { offer: [[0, 'v=0'], null, null, null] },
    nilElsewhere,
  ),
  refusedTicket('whose offer has an empty sdp', { offer: sdp(0) }),
  refusedTicket('whose offer has an sdp of 32,769 bytes', { offer: sdp(32_769) }),
  refusedTicket('whose offer has an unknown type of description', {
    offer: [[2, 'v=0'], [], null, null],
  }),
  refusedTicket('whose offer has 65 candidates', {
    offer: [null, Array.from({ length: 65 }, () => ['']), null, null],
  }),
  refusedTicket('whose offer has a candidate of 1025 bytes', {
    offer: [null, [['x'.repeat(1025)]], null, null],
  }),
  refusedTicket('whose offer has a sending without video', { offer: [null, [], [true], null] }),
  refusedTicket('whose offer has generation 256', { offer: [null, [], null, 256] }),
  refused('report', 'without a reason', []),
  refused('report', 'whose reason is nil', [null, null], nilElsewhere),
  refused('report', 'whose reason is a string', ['spam', null]),
  refused('report', 'whose room has 65 bytes', [0, 'x'.repeat(65)]),
  refused('report', 'whose room is an integer', [0, 5]),
  refused('diagnosis', 'without a reason', []),
  refused('diagnosis', 'whose reason is nil', [null], nilElsewhere),
  refused('diagnosis', 'whose reason is a boolean', [true]),
  refused('next', 'whose offer is an integer', [5]),
  {
    title: 'keeps the ticket in the queue after a refused one',
    rule: noEffect,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
      t.enter(client, { lobby: 5 })
      await client.nextError('invalid-field')
      const other = await t.join()
      t.enter(other)
      await other.next('matched')
      await client.next('matched')
    },
  },
  {
    title: 'keeps the room after a refused ticket and a refused next',
    rule: noEffect,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      t.enter(waited, { mode: 9 })
      await waited.nextError('invalid-field')
      waited.send('next', 'v=0')
      await waited.nextError('invalid-field')
      await t.quiet(waited, arrived)
      await t.checkRelay(waited, arrived)
    },
  },
])
