import { group } from '../case.ts'
import type { CaseContext, Joined } from '../case-context.ts'
import { equal } from '../failure.ts'

const explained = 'The server must send `searching` after each `waiting`.'
const required =
  '`interests` and `languages` of `searching` must be those of which the partner must share one at present.'
const notWithout =
  'The server must not match a ticket that keeps its interests with one that has none of them.'
const notWithoutLanguage =
  'The server must not match a ticket that keeps its languages with one that states only others.'
const primary = 'The server must compare languages by their primary subtags.'
const most =
  'Of several compatible tickets, the server must choose the one with most interests in common.'
const together = '`languages` of `matched` must hold the languages that both tickets have.'
const changed =
  'A `change` in the queue must take effect at once, and be answered by `searching` or `matched`.'
const place = 'A ticket that is changed must keep its place in the queue.'
const silent = 'A `change` outside the queue must not be answered.'
const unsigned =
  'The server must answer a `ticket` or a `change` that asks for an attribute which the site does not sign with `not-permitted`.'

const keepsInterests = [true, false]
const keepsLanguages = [false, true]

/** Enters with interests that the search keeps, and reads `waiting` and `searching`. */
async function waitFor(t: CaseContext, client: Joined, interests: readonly string[]) {
  await t.wait(client, { interests, keep: keepsInterests })
  return client.next('searching')
}

export const criteriaCases = group('criteria', 'criteria', [
  {
    title: 'explains each wait',
    rule: explained,
    run: async (t) => {
      const client = await t.join()
      for (let time = 1; time <= 2; time++) {
        await t.wait(client)
        await client.next('searching')
      }
      client.send('next', null)
      await client.next('waiting')
      await client.next('searching')
    },
  },
  {
    title: 'names the interests and languages that it requires',
    rule: required,
    run: async (t) => {
      const client = await t.join()
      const keep = [true, true]
      await t.wait(client, { interests: ['Chess', 'go'], languages: ['pt-BR', 'en'], keep })
      const search = await client.next('searching')
      equal(search.interests, ['Chess', 'go'], 'interests')
      equal(search.languages, ['pt', 'en'], 'languages')
      equal(search.widensInMs, null, 'widensInMs')
      await t.wait(client)
      const free = await client.next('searching')
      equal([...free.interests, ...free.languages], [], 'interests and languages')
    },
  },
  {
    title: 'does not match a search that keeps its interests without a common one',
    rule: notWithout,
    run: async (t) => {
      const [one, other, third] = [await t.join(), await t.join(), await t.join()]
      await waitFor(t, one, ['chess'])
      await waitFor(t, other, ['go'])
      await t.wait(third)
      await t.quiet(one, other, third)
      const fourth = await t.join()
      t.enter(fourth, { interests: ['CHESS'] })
      await t.matchedTogether(fourth, one)
    },
  },
  {
    title: 'does not match a search that keeps its languages without a common one',
    rule: notWithoutLanguage,
    run: async (t) => {
      const [one, other] = [await t.join(), await t.join()]
      await t.wait(one, { languages: ['en'], keep: keepsLanguages })
      await t.wait(other, { languages: ['pl'], keep: keepsLanguages })
      await t.quiet(one, other)
      const third = await t.join()
      t.enter(third, { languages: ['pl', 'de'] })
      await t.matchedTogether(third, other)
    },
  },
  {
    title: 'matches languages of different regions',
    rule: primary,
    run: async (t) => {
      await t.pair({ languages: ['pt-BR'] }, { languages: ['en', 'PT'] })
    },
  },
  {
    title: 'sends the languages that both have',
    rule: together,
    run: async (t) => {
      const { waitedMatch, arrivedMatch } = await t.pair(
        { languages: ['de', 'en-GB', 'pl'] },
        { languages: ['pl', 'en'] },
      )
      equal(waitedMatch.languages, ['en', 'pl'], 'languages of the one that waited')
      equal(arrivedMatch.languages, ['pl', 'en'], 'languages of the one that arrived')
    },
  },
  {
    title: 'prefers the ticket with most interests in common',
    rule: most,
    run: async (t) => {
      const [one, other, third] = [await t.join(), await t.join(), await t.join()]
      await waitFor(t, one, ['chess'])
      await waitFor(t, other, ['go', 'jazz'])
      t.enter(third, { interests: ['chess', 'jazz', 'go'] })
      await t.matchedTogether(third, other)
    },
  },
  {
    title: 'matches a ticket at once that is changed',
    rule: changed,
    run: async (t) => {
      const [one, other] = [await t.join(), await t.join()]
      await waitFor(t, one, ['chess'])
      await waitFor(t, other, ['go'])
      one.send('change', ['jazz'], [], null, keepsInterests)
      equal((await one.next('searching')).interests, ['jazz'], 'interests')
      one.send('change', ['go'], [], null, keepsInterests)
      await t.matchedTogether(one, other)
    },
  },
  {
    title: 'keeps the place of a ticket that is changed',
    rule: place,
    run: async (t) => {
      const [one, other, third] = [await t.join(), await t.join(), await t.join()]
      await waitFor(t, one, ['chess'])
      // They do not meet, because each keeps another language.
      await t.wait(other, { interests: ['jazz'], languages: ['en'], keep: [true, true] })
      one.send('change', ['jazz'], ['pl'], null, [true, true])
      await one.next('searching')
      t.enter(third, { interests: ['jazz'] })
      await t.matchedTogether(third, one)
    },
  },
  {
    title: 'does not answer a change in a room, and searches by it afterwards',
    rule: silent,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.send('change', ['chess'], [], null, keepsInterests)
      await t.quiet(waited, arrived)
      waited.send('next', null)
      await arrived.nextPartnerLeft('next')
      await waited.next('waiting')
      let search = await waited.next('searching')
      // A `searching` from before the match may not have been read yet.
      if (search.interests.length === 0) search = await waited.next('searching')
      equal(search.interests, ['chess'], 'interests')
    },
  },
  {
    title: 'does not let tickets ask for attributes that are not signed',
    rule: unsigned,
    run: async (t) => {
      const client = await t.join()
      const asks = [['no such attribute', ['x']]]
      t.enter(client, { asks })
      await client.nextError('not-permitted')
      await t.wait(client)
      client.send('change', [], [], asks, null)
      await client.nextError('not-permitted')
    },
  },
])

const ends =
  'A `block` of the present partner must end the room, and the partner must receive `partner-left` with reason 1.'
const never = 'The server must never match two users again of whom one has blocked the other.'
const keeps = 'A `block` of an earlier partner must not end the present room.'
const unknownRoom =
  'The server must answer a `block` that names a room which the session was not in with `unknown-room`.'
const neverInRoom =
  'The server must answer a `block` without `room` with `not-in-room` if the session was never in a room.'

export const blockCases = group('blocks', 'blocks', [
  {
    title: 'ends the room',
    rule: ends,
    run: async (t) => {
      const { waited, waitedMatch, arrived } = await t.pair()
      waited.send('block', waitedMatch.room)
      await arrived.nextPartnerLeft('left')
      await waited.quiet()
    },
  },
  {
    title: 'never matches the two again',
    rule: never,
    waitsMs: 6000,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      arrived.send('block', null)
      await waited.nextPartnerLeft('left')
      for (const client of [waited, arrived]) {
        client.send('next', null)
        await client.next('waiting')
      }
      // The rematch delay of a server is 3 s unless configured.
      await t.pause(4000)
      await t.quiet(waited, arrived)
      const third = await t.join()
      t.enter(third)
      await t.matchedTogether(third, waited)
    },
  },
  {
    title: 'does not end the room with the next partner',
    rule: keeps,
    run: async (t) => {
      const { waited, arrived, arrivedMatch } = await t.pair()
      waited.send('leave')
      await arrived.nextPartnerLeft('left')
      const third = await t.join()
      await t.wait(third)
      arrived.send('next', null)
      await t.matchedTogether(arrived, third)
      arrived.send('block', arrivedMatch.room)
      await t.quiet(arrived, third)
      await t.checkRelay(arrived, third)
    },
  },
  {
    title: 'refuses a room that the session was not in',
    rule: unknownRoom,
    run: async (t) => {
      const { waited } = await t.pair()
      const third = await t.join()
      for (const client of [waited, third]) {
        client.send('block', 'no such room')
        await client.nextError('unknown-room')
      }
    },
  },
  {
    title: 'refuses a block without a partner',
    rule: neverInRoom,
    run: async (t) => {
      const client = await t.join()
      client.send('block', null)
      await client.nextError('not-in-room')
    },
  },
])
