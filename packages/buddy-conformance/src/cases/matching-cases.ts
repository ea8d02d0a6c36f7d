import { group, type CaseBody } from '../case.ts'
import { check, equal } from '../failure.ts'
import { modes } from '../wire.ts'

const atOnce =
  'If a compatible ticket waits, the server must match an arriving ticket at once, unless all rooms are taken or the two users have met recently (step 6 above).'
const longest =
  'Of several compatible tickets with equally many interests in common, the server must choose the one that has waited longest.'
const compatible = 'The server must not match tickets of different sites, lobbies or modes.'
const self = 'The server must not match a session with itself.'
const atMostOne = 'A session must have at most one room and at most one ticket in the queue.'
const connected = 'The server must not match a session that has no connection.'
const bothMatched =
  'When two tickets are matched, the server must send `matched` to both clients, with the same `room` and the same `isOffered`.'
const ownRoom = 'Each room must have a `room` of its own.'
const onePolite = '`isPolite` must be true for exactly one of the two.'
const waitedIsPolite =
  'If one of the tickets has waited and the other has just arrived, the session that has waited must be the polite one.'
const common =
  "`interests` must hold the interests that both tickets have, compared without regard to case, in the spelling and order of the receiver's ticket."
const notOffered = 'Unless the server passes an offer on (see offers), `isOffered` must be false.'
const rematch =
  'Two users who have met recently meet again only after one of them has waited for some time (3 s unless configured).'

/** The case that two tickets are not matched, and that each still finds a partner like itself. */
function separate(
  what: string,
  first: { readonly mode?: number; readonly lobby?: string },
  second: { readonly mode?: number; readonly lobby?: string },
): CaseBody {
  return {
    title: `does not match tickets of ${what}`,
    rule: compatible,
    run: async (t) => {
      const [one, other] = [await t.join(), await t.join()]
      for (const { mode } of [first, second]) {
        if (mode === modes.text) t.requireText(one)
        if (mode === modes.video) t.requireVideo(one)
      }
      const named = ({ lobby, ...rest }: typeof first) => ({
        ...rest,
        ...(lobby !== undefined && { lobby: t.lobby + lobby }),
      })
      await t.wait(one, named(first))
      await t.wait(other, named(second))
      await t.quiet(one, other)
      const third = await t.join()
      t.enter(third, named(first))
      await third.next('matched')
      await one.next('matched')
    },
  }
}

export const matchingCases = group('matching', 'core', [
  {
    title: 'matches a ticket with one that waits, without waiting first',
    rule: atOnce,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'sends matched to both, with the same room',
    rule: bothMatched,
    run: async (t) => {
      const { waitedMatch, arrivedMatch } = await t.pair()
      equal(arrivedMatch.room, waitedMatch.room, 'the room of the one that arrived')
      equal(arrivedMatch.isOffered, waitedMatch.isOffered, 'isOffered of the one that arrived')
    },
  },
  {
    title: 'gives each room another id',
    rule: ownRoom,
    run: async (t) => {
      const first = await t.pair()
      const second = await t.pair()
      first.arrived.send('next', null)
      await first.arrived.next('waiting')
      await first.waited.nextPartnerLeft('next')
      second.arrived.send('next', null)
      const room = await t.matchedTogether(first.arrived, second.arrived)
      const earlier = [first.waitedMatch.room, second.waitedMatch.room]
      check(!earlier.includes(room), `the room ${room} has the id of an earlier one`)
      await second.waited.nextPartnerLeft('next')
    },
  },
  {
    title: 'makes exactly one of the two polite',
    rule: onePolite,
    run: async (t) => {
      const { waitedMatch, arrivedMatch } = await t.pair()
      check(
        waitedMatch.isPolite !== arrivedMatch.isPolite,
        `isPolite is ${waitedMatch.isPolite} for both`,
      )
    },
  },
  {
    title: 'makes the one that waited polite after a ticket',
    rule: waitedIsPolite,
    run: async (t) => {
      const { waitedMatch, arrivedMatch } = await t.pair()
      equal(waitedMatch.isPolite, true, 'isPolite of the one that waited')
      equal(arrivedMatch.isPolite, false, 'isPolite of the one that arrived')
    },
  },
  {
    title: 'makes the one that waited polite after a next',
    rule: waitedIsPolite,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      arrived.send('leave')
      await waited.nextPartnerLeft('left')
      const third = await t.join()
      await t.wait(third)
      waited.send('next', null)
      equal((await waited.next('matched')).isPolite, false, 'isPolite of the one that sent next')
      equal((await third.next('matched')).isPolite, true, 'isPolite of the one that waited')
    },
  },
  {
    title: 'sends isOffered false if no ticket has an offer',
    rule: notOffered,
    run: async (t) => {
      const { waitedMatch, arrivedMatch } = await t.pair()
      equal(waitedMatch.isOffered, false, 'isOffered')
      equal(arrivedMatch.isOffered, false, 'isOffered')
    },
  },
  separate('different lobbies', { lobby: 'a' }, { lobby: 'b' }),
  separate('lobbies that differ in case', { lobby: 'a' }, { lobby: 'A' }),
  separate('lobbies that differ in normal form', { lobby: 'é' }, { lobby: 'e\u0301' }),
  separate('lobbies of which one is the beginning of the other', { lobby: '' }, { lobby: '-' }),
  separate('audio and video', { mode: modes.audio }, { mode: modes.video }),
  separate('audio and text', { mode: modes.audio }, { mode: modes.text }),
  separate('video and text', { mode: modes.video }, { mode: modes.text }),
  {
    title: 'matches tickets in a lobby of 64 bytes',
    rule: 'Tickets are compatible if they have the same `site`, `lobby` and `mode`.',
    run: async (t) => {
      await t.pair({ lobby: t.lobby.padEnd(64, 'x') })
    },
  },
  {
    title: 'matches tickets of which only one states languages',
    rule: 'Tickets are compatible if they have the same `site`, `lobby` and `mode`.',
    run: async (t) => {
      await t.pair({ languages: ['pl', 'de-AT'] }, {})
    },
  },
  {
    title: 'does not match a session with itself after a second ticket',
    rule: self,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
      await t.wait(client)
      await client.quiet()
    },
  },
  {
    title: 'does not match a session with itself after next in the queue',
    rule: self,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
      client.send('next', null)
      await client.next('waiting')
      await client.quiet()
    },
  },
  {
    title: 'matches a session once after several tickets',
    rule: atMostOne,
    run: async (t) => {
      const client = await t.join()
      for (let time = 1; time <= 3; time++) await t.wait(client)
      const [second, third] = [await t.join(), await t.join()]
      t.enter(second)
      await t.matchedTogether(client, second)
      await t.wait(third)
      await t.quiet(client, second, third)
    },
  },
  {
    title: 'does not match a user who has closed the connection',
    rule: connected,
    run: async (t) => {
      const gone = await t.join()
      await t.wait(gone)
      await gone.leave()
      const client = await t.join()
      await t.wait(client)
    },
  },
  {
    title: 'does not match a user whose connection was lost',
    rule: connected,
    run: async (t) => {
      const gone = await t.join()
      await t.wait(gone)
      await gone.drop()
      // The server learns of the loss at once, because the kernel closes the socket.
      await t.pause(100)
      const client = await t.join()
      await t.wait(client)
    },
  },
  {
    title: 'matches the ticket that has waited longest',
    rule: longest,
    run: async (t) => {
      const third = await t.join()
      const { waited, arrived } = await t.pair()
      waited.send('next', null)
      await waited.next('waiting')
      await arrived.nextPartnerLeft('next')
      // Two compatible tickets wait only if their users were just partners.
      arrived.send('next', null)
      const { name } = await arrived.nextAny()
      if (name !== 'waiting') t.skip('the server has no rematch delay')
      t.enter(third)
      const { name: answer, fields } = await third.nextAny()
      if (answer !== 'matched') t.skip('the rematch delay was over before a third ticket arrived')
      const match = await waited.next('matched')
      equal(match.room, fields['room'], 'the room of the one that waited longest')
      await t.quiet(arrived)
    },
  },
  {
    title: 'matches two users again whose latest partner was each other',
    rule: rematch,
    waitsMs: 20_000,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.send('next', null)
      await waited.next('waiting')
      await arrived.nextPartnerLeft('next')
      arrived.send('next', null)
      const { room } = await arrived.nextEventually('matched', 20_000)
      equal((await waited.next('matched')).room, room, 'the room')
    },
  },
  {
    title: 'sends the common interests in the spelling of each user',
    rule: common,
    run: async (t) => {
      const { waitedMatch, arrivedMatch } = await t.pair(
        { interests: ['Jazz', 'chess', 'ÉCOLE'] },
        { interests: ['école', 'go', 'JAZZ'] },
      )
      equal(waitedMatch.interests, ['Jazz', 'ÉCOLE'], 'interests of the one that waited')
      equal(arrivedMatch.interests, ['école', 'JAZZ'], 'interests of the one that arrived')
    },
  },
  {
    title: 'sends no interests if there are none',
    rule: common,
    run: async (t) => {
      const { waitedMatch, arrivedMatch } = await t.pair()
      equal([...waitedMatch.interests, ...arrivedMatch.interests], [], 'interests')
    },
  },
  {
    title: 'sends ten interests of 48 bytes',
    rule: common,
    run: async (t) => {
      const interests = Array.from({ length: 10 }, (_, index) => `${index}`.padEnd(48, 'x'))
      const { waitedMatch, arrivedMatch } = await t.pair({ interests })
      equal(waitedMatch.interests, interests, 'interests of the one that waited')
      equal(arrivedMatch.interests, interests, 'interests of the one that arrived')
    },
  },
])
