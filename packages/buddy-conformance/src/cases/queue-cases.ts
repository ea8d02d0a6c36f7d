import { group, type CaseBody } from '../case.ts'
import { check, equal } from '../failure.ts'
import { modes } from '../wire.ts'

const answersTicket = 'The server must answer every `ticket` with `waiting`, `matched` or an error.'
const answersNext = 'The server must answer every `next` with `waiting`, `matched` or an error.'
const replaces = 'A `ticket` in the queue must replace the earlier one.'
const nextUses =
  'A `next` must enter the queue with the mode, the lobby and the interests of the latest `ticket`.'
const ticketRequired =
  'The server must answer a `next` before the first `ticket` with `ticket-required`.'
const stats = 'The server must answer `ping` with `stats`.'
export const queueCases = group('queue', 'core', [
  {
    title: 'answers a ticket with waiting',
    rule: answersTicket,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
    },
  },
  {
    title: 'counts at least the waiting user as online',
    rule: 'waiting `[33, online]`: you are in the queue; `online` (uint) users are on the server.',
    run: async (t) => {
      const client = await t.join()
      t.enter(client)
      const { online } = await client.next('waiting')
      check(online >= 1, `online is ${online}`)
    },
  },
  ...(['video', 'audio', 'text'] as const).map((mode): CaseBody => ({
    title: `matches two tickets of mode ${mode}`,
    rule: 'Tickets are compatible if they have the same `site`, `lobby` and `mode`.',
    run: async (t) => {
      const probe = await t.join()
      if (mode === 'text') t.requireText(probe)
      if (mode === 'video') t.requireVideo(probe)
      await t.pair({ mode: modes[mode] })
    },
  })),
  {
    title: 'replaces a ticket of another lobby',
    rule: replaces,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client, { lobby: `${t.lobby}-old` })
      await t.wait(client)
      const old = await t.join()
      await t.wait(old, { lobby: `${t.lobby}-old` })
      const other = await t.join()
      t.enter(other)
      await t.matchedTogether(client, other)
      await t.quiet(old)
    },
  },
  {
    title: 'replaces the interests of a ticket',
    rule: replaces,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client, { interests: ['jazz'] })
      await t.wait(client, { interests: ['chess'] })
      const other = await t.join()
      t.enter(other, { interests: ['jazz', 'chess'] })
      equal((await other.next('matched')).interests, ['chess'], 'interests')
      await client.next('matched')
    },
  },
  {
    title: 'requires a ticket before next',
    rule: ticketRequired,
    run: async (t) => {
      const client = await t.join()
      client.send('next', null)
      await client.nextError('ticket-required')
      const other = await t.join()
      await t.wait(other)
      await t.quiet(client, other)
    },
  },
  {
    title: 'answers next in a room',
    rule: answersNext,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.send('next', null)
      await waited.next('waiting')
      await arrived.nextPartnerLeft('next')
    },
  },
  {
    title: 'answers next after partner-left',
    rule: answersNext,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      arrived.send('leave')
      await waited.nextPartnerLeft('left')
      waited.send('next', null)
      await waited.next('waiting')
    },
  },
  {
    title: 'accepts a next without its field',
    rule: 'Missing fields at the end count as nil.',
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
      client.send('next')
      await client.next('waiting')
    },
  },
  {
    title: 'uses the latest ticket after leave',
    rule: nextUses,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client, { interests: ['jazz'] })
      client.send('leave')
      client.send('next', null)
      await client.next('waiting')
      const other = await t.join()
      t.enter(other, { interests: ['jazz'] })
      equal((await other.next('matched')).interests, ['jazz'], 'interests')
      await client.next('matched')
    },
  },
  {
    title: 'uses the lobby and the mode of the latest ticket',
    rule: nextUses,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      arrived.send('next', null)
      await arrived.next('waiting')
      await waited.nextPartnerLeft('next')
      const elsewhere = await t.join()
      await t.wait(elsewhere, { lobby: `${t.lobby}-other` })
      const other = await t.join()
      t.enter(other)
      await t.matchedTogether(arrived, other)
      await t.quiet(elsewhere)
    },
  },
  {
    title: 'counts the matched user in stats',
    rule: stats,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.send('ping')
      const { online, rooms } = await waited.next('stats')
      check(online >= 2 && rooms >= 1, `online is ${online}, rooms is ${rooms}`)
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'answers a ping outside the queue',
    rule: stats,
    run: async (t) => {
      const client = await t.join()
      client.send('ping')
      await client.next('stats')
    },
  },
])
