import { group } from '../case.ts'

const unanswered =
  'The server must not answer a report of a partner of the present or an earlier room.'
const unknownRoom =
  'The server must answer a report that names a room which the session was not in with `unknown-room`.'
const neverInRoom =
  'The server must answer a report without `room` with `not-in-room` if the session was never in a room.'
const secret = 'The server must not inform the reported partner, and must not end the room.'

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
    rule: '`reason` of report: 0 other, 1 nudity, 2 harassment, 3 minor, 4 spam, 5 threats. Any other: other.',
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
    title: 'does not answer a report with a note and a picture, also if it is none',
    rule: 'A report whose `still` is no JPEG in base64 must count as one without it.',
    run: async (t) => {
      const pictures = ['/9j/4AAQ', 'no base64!', Buffer.from('<svg/>').toString('base64')]
      for (const still of pictures) {
        const { waited, waitedMatch, arrived } = await t.pair()
        waited.send('report', 5, waitedMatch.room, 'a note', still)
        await t.quiet(waited, arrived)
      }
    },
  },
  {
    title: 'never matches the two again',
    rule: 'The server must never match two users again of whom one has reported the other.',
    waitsMs: 6000,
    run: async (t) => {
      const { waited, waitedMatch, arrived } = await t.pair()
      waited.send('report', 1, waitedMatch.room)
      waited.send('next', null)
      await waited.next('waiting')
      await arrived.nextPartnerLeft('next')
      arrived.send('next', null)
      await arrived.next('waiting')
      // The rematch delay of a server is 3 s unless configured.
      await t.pause(4000)
      await t.quiet(waited, arrived)
      const third = await t.join()
      t.enter(third)
      await t.matchedTogether(third, waited)
    },
  },
  {
    title: 'keeps the room, and sends the partner nothing',
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
