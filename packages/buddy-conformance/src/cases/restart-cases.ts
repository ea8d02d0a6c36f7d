import { group } from '../case.ts'
import type { CaseContext, Joined, Pair } from '../case-context.ts'
import { check, equal } from '../failure.ts'

const restores =
  'When a client presents a `resumeToken` of the previous process and a `sent` that is not nil, in time, the server must restore the session: `welcome` has the same `session` and `name`, `isRestored` is true, and `received` is equal to `sent`.'
const opensAgain =
  'When both partners have come back with a `roomToken` of their room, the server must open the room again, and send `partner-back` to both.'
const untilBack =
  'Until the partner comes back, the server must answer the first with `partner-away`, and keep what it sends.'
const withoutRoom =
  'If the partner comes back without the room, the first must receive `partner-left` with reason 2.'

/** Returns to a server that has restarted, with the counts and the room of an earlier connection. */
async function comeBack(
  t: CaseContext,
  former: Joined,
  roomToken: string | null = null,
  sent: number | null = former.sent,
): Promise<Joined> {
  const { resumeToken } = former.welcome
  return t.join({ name: 'Other name', resume: [resumeToken, former.received, sent, roomToken] })
}

/** Restarts the server under the connections of a pair. */
async function restartUnder(t: CaseContext, ...clients: readonly Joined[]): Promise<void> {
  await t.restart()
  for (const client of clients) await client.ended()
}

async function comeBackTogether(t: CaseContext, pair: Pair): Promise<readonly [Joined, Joined]> {
  const { waited, waitedMatch, arrived, arrivedMatch } = pair
  const one = await comeBack(t, waited, waitedMatch.roomToken)
  await one.next('partner-away')
  const other = await comeBack(t, arrived, arrivedMatch.roomToken)
  return [one, other]
}

export const restartCases = group(
  'restart',
  'restart',
  [
    {
      title: 'restores a session',
      rule: restores,
      run: async (t: CaseContext) => {
        const first = await t.join({ name: 'Zoë' })
        await t.wait(first)
        await restartUnder(t, first)
        const second = await comeBack(t, first)
        equal(second.welcome.session, first.welcome.session, 'session')
        equal(second.welcome.name, 'Zoë', 'name')
        equal(second.welcome.isRestored, true, 'isRestored')
        equal(second.welcome.received, first.sent, 'received')
        await second.quiet()
      },
    },
    {
      title: 'begins a new session if sent is nil',
      rule: 'If `sent` is nil, the server must begin a new session.',
      run: async (t: CaseContext) => {
        const first = await t.join()
        await restartUnder(t, first)
        const { welcome } = await comeBack(t, first, null, null)
        equal(welcome.received, null, 'received')
        equal(welcome.isRestored, false, 'isRestored')
      },
    },
    {
      title: 'begins a new session for a forged token after the restart',
      rule: restores,
      run: async (t: CaseContext) => {
        const first = await t.join()
        await restartUnder(t, first)
        const token = first.welcome.resumeToken ?? ''
        const last = token.endsWith('A') ? 'B' : 'A'
        const forged = await t.join({ resume: [`${token.slice(0, -1)}${last}`, 0, 0, null] })
        equal(forged.welcome.received, null, 'received')
        check(forged.welcome.session !== first.welcome.session, 'a forged token was accepted')
      },
    },
    {
      title: 'opens a room again when both have come back',
      rule: opensAgain,
      run: async (t: CaseContext) => {
        const pair = await t.pair()
        await restartUnder(t, pair.waited, pair.arrived)
        const [one, other] = await comeBackTogether(t, pair)
        await one.next('partner-back')
        await other.next('partner-back')
        await t.checkRelay(one, other)
        await t.quiet(one, other)
      },
    },
    {
      title: 'keeps what the first sends until the partner comes back',
      rule: untilBack,
      run: async (t: CaseContext) => {
        const { waited, waitedMatch, arrived, arrivedMatch } = await t.pair()
        await restartUnder(t, waited, arrived)
        const one = await comeBack(t, waited, waitedMatch.roomToken)
        await one.next('partner-away')
        const frames = [one.sendSignal(1), one.sendSignal(2)]
        await one.quiet()
        const other = await comeBack(t, arrived, arrivedMatch.roomToken)
        await other.next('partner-back')
        for (const frame of frames) await other.nextRelayed(frame)
        await one.next('partner-back')
      },
    },
    {
      title: 'ends the room if the partner comes back without it',
      rule: withoutRoom,
      run: async (t: CaseContext) => {
        const { waited, waitedMatch, arrived } = await t.pair()
        await restartUnder(t, waited, arrived)
        const one = await comeBack(t, waited, waitedMatch.roomToken)
        await one.next('partner-away')
        const other = await comeBack(t, arrived)
        await one.nextPartnerLeft('lost')
        await t.quiet(one, other)
      },
    },
    {
      title: "does not open a room for another user's roomToken",
      rule: 'A `roomToken` of another session must count as invalid, and the client that presents an invalid one must receive `partner-left` with reason 2.',
      run: async (t: CaseContext) => {
        const { waited, waitedMatch, arrived, arrivedMatch } = await t.pair()
        const thief = await t.join()
        await restartUnder(t, waited, arrived, thief)
        const one = await comeBack(t, waited, waitedMatch.roomToken)
        await one.next('partner-away')
        const stolen = await comeBack(t, thief, arrivedMatch.roomToken)
        await stolen.nextPartnerLeft('lost')
        await one.quiet()
        const other = await comeBack(t, arrived, arrivedMatch.roomToken)
        await other.next('partner-back')
        await one.next('partner-back')
      },
    },
    {
      title: 'does not keep a room for a client with the roomToken of another session',
      rule: 'A `roomToken` of another session must count as invalid, and the client that presents an invalid one must receive `partner-left` with reason 2.',
      run: async (t: CaseContext) => {
        const { waited, arrived, arrivedMatch } = await t.pair()
        const thief = await t.join()
        await restartUnder(t, waited, arrived, thief)
        const stolen = await comeBack(t, thief, arrivedMatch.roomToken)
        await stolen.nextPartnerLeft('lost')
        await stolen.quiet()
      },
    },
    {
      title: 'does not queue a restored session before its next ticket',
      rule: 'A restored session must not be in the queue before its next `ticket`.',
      run: async (t: CaseContext) => {
        const first = await t.join()
        await t.wait(first)
        await restartUnder(t, first)
        const second = await comeBack(t, first)
        const other = await t.join()
        await t.wait(other)
        await t.quiet(second, other)
        t.enter(second)
        await second.next('matched')
        await other.next('matched')
      },
    },
    {
      title: 'does not restore a session again that has left',
      rule: 'The server must restore a session at most once, and resume it afterwards.',
      run: async (t: CaseContext) => {
        const first = await t.join()
        await restartUnder(t, first)
        const second = await comeBack(t, first)
        await second.leave(1000)
        const { welcome } = await comeBack(t, first)
        equal(welcome.received, null, 'received')
        equal(welcome.isRestored, false, 'isRestored')
        check(welcome.session !== first.welcome.session, 'the session was restored twice')
      },
    },
    {
      title: 'does not restore a session that began after the restart and has left',
      rule: 'A session that a client has left must not resume.',
      run: async (t: CaseContext) => {
        await t.restart()
        const first = await t.join()
        await first.leave(1000)
        const { welcome } = await comeBack(t, first)
        equal(welcome.received, null, 'received')
        check(welcome.session !== first.welcome.session, 'the session was restored')
      },
    },
    {
      title: 'resumes a restored session',
      rule: 'The server must restore a session at most once, and resume it afterwards.',
      run: async (t: CaseContext) => {
        const first = await t.join()
        await restartUnder(t, first)
        const second = await comeBack(t, first)
        await second.drop()
        const third = await t.join({
          resume: [second.welcome.resumeToken, first.received + second.received, first.sent, null],
        })
        equal(third.welcome.session, first.welcome.session, 'session')
        equal(third.welcome.isRestored, false, 'isRestored')
        equal(third.welcome.received, first.sent, 'received')
      },
    },
  ].map((body) => ({ ...body, restarts: true })),
)
