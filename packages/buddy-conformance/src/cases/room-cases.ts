import { group, type CaseBody } from '../case.ts'
import { modes } from '../wire.ts'

const byNext =
  'When a client ends its room by `next` or `ticket`, the partner must receive `partner-left` with reason 0.'
const byLeave =
  'When a client ends its room by `leave`, the partner must receive `partner-left` with reason 1.'
const byClose =
  'When a client closes its connection with code 1000, 1001 or without a code, the server must end its session, and send the partner `partner-left` with reason 1.'
const byLoss =
  'When the connection of a client ends in any other way, and its session ends with it or after some time (see sessions that resume), the partner must receive `partner-left` with reason 2.'
const notToLeaver = 'The server must not send `partner-left` to the client that has ended the room.'
const notQueued =
  'The server must not put the session that receives `partner-left` into the queue before its next `next` or `ticket`.'
const leaves = 'A `leave` must end the room or withdraw the ticket, without an answer.'
const leaveOutside =
  'The server must accept a `leave` outside a room and the queue, without an answer.'
export const roomCases = group('rooms', 'core', [
  {
    title: 'refuses texts, typing and text mode if the site does not allow texts',
    rule: 'If `allowsText` in `welcome` was false, the server must answer `text`, `typing` and tickets of mode text with `not-permitted`.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      if (waited.welcome.allowsText) t.skip('the site allows texts')
      waited.send('text', 'hello')
      await waited.nextError('not-permitted')
      waited.send('typing', true)
      await waited.nextError('not-permitted')
      t.enter(waited, { mode: modes.text })
      await waited.nextError('not-permitted')
      await t.quiet(waited, arrived)
      await t.checkRelay(waited, arrived)
    },
  },
  {
    title: 'refuses video mode if the site does not allow video',
    rule: 'If `allowsVideo` in `welcome` was false, the server must answer tickets of mode video with `not-permitted`.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      if (waited.welcome.allowsVideo) t.skip('the site allows video')
      t.enter(waited, { mode: modes.video })
      await waited.nextError('not-permitted')
      await t.quiet(waited, arrived)
      await t.checkRelay(waited, arrived)
    },
  },
  {
    title: 'sends partner-left with next after next',
    rule: byNext,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.send('next', null)
      await arrived.nextPartnerLeft('next')
      await waited.next('waiting')
    },
  },
  {
    title: 'sends partner-left with next after a ticket',
    rule: byNext,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      t.enter(arrived, { lobby: `${t.lobby}-other` })
      await waited.nextPartnerLeft('next')
      await arrived.next('waiting')
    },
  },
  {
    title: 'sends partner-left with left after leave',
    rule: byLeave,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      arrived.send('leave')
      await waited.nextPartnerLeft('left')
    },
  },
  ...([1000, 1001, undefined] as const).map((code): CaseBody => ({
    title: `sends partner-left with left after a close ${code === undefined ? 'without a code' : `with ${code}`}`,
    rule: byClose,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await arrived.leave(code)
      await waited.nextPartnerLeft('left')
      await waited.quiet()
    },
  })),
  {
    title: 'sends partner-left with lost after a lost connection',
    rule: byLoss,
    waitsMs: 45_000,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await arrived.drop()
      await waited.nextEventually('partner-left', 45_000)
      await waited.quiet()
    },
  },
  {
    title: 'sends partner-left with lost after a close with 1011',
    rule: byLoss,
    waitsMs: 45_000,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await arrived.leave(1011)
      const { reason } = await waited.nextEventually('partner-left', 45_000)
      if (reason !== 2) t.fail(`the reason of partner-left is ${reason}, expected 2`)
    },
  },
  {
    title: 'sends no partner-left to the one that leaves',
    rule: notToLeaver,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.send('leave')
      await waited.quiet()
      await arrived.nextPartnerLeft('left')
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'sends partner-left once if both leave',
    rule: notToLeaver,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.send('leave')
      await arrived.nextPartnerLeft('left')
      arrived.send('leave')
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'does not queue the one that was left',
    rule: notQueued,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      arrived.send('next', null)
      await waited.nextPartnerLeft('next')
      await arrived.next('waiting')
      arrived.send('leave')
      const third = await t.join()
      await t.wait(third)
      await t.quiet(waited, arrived, third)
    },
  },
  {
    title: 'withdraws the ticket on leave',
    rule: leaves,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
      client.send('leave')
      await client.quiet()
      const other = await t.join()
      await t.wait(other)
      await t.quiet(client, other)
    },
  },
  {
    title: 'ends the room on leave, without an answer',
    rule: leaves,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.send('leave')
      await waited.quiet()
      await arrived.nextPartnerLeft('left')
    },
  },
  {
    title: 'accepts leave outside a room and the queue',
    rule: leaveOutside,
    run: async (t) => {
      const client = await t.join()
      client.send('leave')
      client.send('leave')
      await client.quiet()
      await t.wait(client)
    },
  },
  {
    title: 'does not answer diagnosis, known reasons and others',
    rule: 'The server must not answer a valid `diagnosis`.',
    run: async (t) => {
      const client = await t.join()
      for (const reason of [0, 1, 11, 12, 4_294_967_295]) client.send('diagnosis', reason)
      await client.quiet()
    },
  },
  {
    title: 'does not answer a report in a room',
    rule: 'The server must not answer a valid `report`, unless it has the feature reports.',
    run: async (t) => {
      const { waited, waitedMatch, arrived } = await t.pair()
      waited.send('report', 1, waitedMatch.room)
      await t.quiet(waited, arrived)
      await t.checkRelay(waited, arrived)
    },
  },
])
