import { group } from '../case.ts'
import { check, equal } from '../failure.ts'
import { bytes } from '../msgpack.ts'
import { checkContinues, checkNew, continues, resume } from './resuming.ts'

const taken =
  'If another connection still has the session, the server must close it with 4508, and ignore frames that arrive on it afterwards.'
const earlierTokens =
  'Every earlier `resumeToken` of the session must work as well as the latest one, until the client has sent a frame after a later `welcome`.'
const forged =
  'A token that is forged, of an ended session or of another site must begin a new session, not an error.'
const tooMany =
  'If `received` of `resume` is more than the server has sent, the server must begin a new session, and end the one that the token names.'
const left = 'A session that a client has left must not resume.'

export const resumeCases = group('resume', 'resume', [
  {
    title: 'sends a resume token in welcome',
    rule: '`resumeToken` in `welcome` must not be nil.',
    run: async (t) => {
      const { welcome } = await t.join()
      check(welcome.resumeToken !== null && welcome.resumeToken !== '', 'there is no resumeToken')
    },
  },
  {
    title: 'sends another resume token in each welcome',
    rule: 'Each `welcome` must have a `resumeToken` that differs from all earlier ones.',
    run: async (t) => {
      const first = await t.join()
      const other = await t.join()
      await first.drop()
      const second = await resume(t, first)
      const tokens = [first, other, second].map(({ welcome }) => welcome.resumeToken)
      equal(new Set(tokens).size, 3, 'the number of different tokens')
    },
  },
  {
    title: 'continues a session without a ticket',
    rule: continues,
    run: async (t) => {
      const first = await t.join()
      await first.drop()
      const second = await resume(t, first)
      checkContinues(first, second, 0)
      await second.quiet()
    },
  },
  {
    title: 'keeps the name, whatever the later hello says',
    rule: continues,
    run: async (t) => {
      const first = await t.join({ name: 'Zoë' })
      await first.drop()
      equal((await resume(t, first)).welcome.name, 'Zoë', 'name')
    },
  },
  {
    title: 'continues a session after a close with 1011',
    rule: continues,
    run: async (t) => {
      const first = await t.join()
      await first.leave(1011)
      checkContinues(first, await resume(t, first), 0)
    },
  },
  {
    title: 'continues a session three times',
    rule: continues,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      let [latest, received] = [waited, 0]
      for (let time = 1; time <= 3; time++) {
        await latest.drop()
        await arrived.next('partner-away')
        received += latest.received
        const resumed = await resume(t, latest, { received })
        checkContinues(latest, resumed, 1)
        latest = resumed
        await arrived.next('partner-back')
      }
      await arrived.nextRelayed(latest.sendSignal(4))
    },
  },
  {
    title: 'accepts the token of an earlier welcome',
    rule: earlierTokens,
    run: async (t) => {
      const first = await t.join()
      await first.drop()
      const second = await resume(t, first)
      await second.drop()
      const third = await resume(
        t,
        second,
        { received: first.received + second.received },
        first.welcome.resumeToken,
      )
      checkContinues(first, third, 0)
    },
  },
  {
    title: 'accepts the first token after three resumes',
    rule: earlierTokens,
    run: async (t) => {
      const first = await t.join()
      let [latest, received] = [first, 0]
      for (let time = 1; time <= 3; time++) {
        await latest.drop()
        received += latest.received
        latest = await resume(t, first, { received })
        checkContinues(first, latest, 0)
      }
    },
  },
  {
    title: 'closes an earlier connection with session-taken',
    rule: taken,
    run: async (t) => {
      const first = await t.join()
      const second = await resume(t, first)
      checkContinues(first, second, 0)
      await first.nextClose('session-taken')
      await second.quiet()
    },
  },
  {
    title: 'keeps the room when a session moves to another connection',
    rule: taken,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const second = await resume(t, waited)
      await waited.nextClose('session-taken')
      // The server may have noticed a loss or not: `partner-back` may come without `partner-away`.
      await arrived.nextEventually('partner-back', t.target.timeoutMs)
      await t.checkRelay(second, arrived)
    },
  },
  {
    title: 'ignores frames of the earlier connection',
    rule: taken,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const second = await resume(t, waited)
      waited.sendSignal(9)
      waited.send('leave')
      await waited.nextClose('session-taken')
      await arrived.nextEventually('partner-back', t.target.timeoutMs)
      await t.quiet(second, arrived)
      await t.checkRelay(second, arrived)
    },
  },
  {
    title: 'begins a new session for a changed token',
    rule: forged,
    run: async (t) => {
      const first = await t.join()
      const { resumeToken } = first.welcome
      const last = resumeToken?.at(-1) === 'A' ? 'B' : 'A'
      const second = await resume(t, first, undefined, `${resumeToken?.slice(0, -1)}${last}`)
      checkNew(first, second)
      await t.quiet(first, second)
    },
  },
  {
    title: 'begins a new session for a shortened token',
    rule: forged,
    run: async (t) => {
      const first = await t.join()
      const second = await resume(t, first, undefined, first.welcome.resumeToken?.slice(1) ?? '')
      checkNew(first, second)
      await t.quiet(first, second)
    },
  },
  {
    title: 'begins a new session for the id of a session as its token',
    rule: forged,
    run: async (t) => {
      const first = await t.join()
      const second = await resume(t, first, undefined, first.welcome.session)
      checkNew(first, second)
      await t.quiet(first, second)
    },
  },
  {
    title: 'begins a new session for a roomToken as its token',
    rule: forged,
    run: async (t) => {
      const { waited, waitedMatch, arrived } = await t.pair()
      const second = await resume(t, waited, undefined, waitedMatch.roomToken ?? '')
      checkNew(waited, second)
      await t.quiet(waited, arrived, second)
    },
  },
  {
    title: 'begins a new session if the client claims more frames than were sent',
    rule: tooMany,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const second = await resume(t, waited, { received: waited.received + 1000 })
      checkNew(waited, second)
      await arrived.nextPartnerLeft('lost')
      await waited.ended()
      await t.quiet(arrived, second)
    },
  },
  {
    title: 'does not resume a session whose client has left',
    rule: left,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await waited.leave(1000)
      await arrived.nextPartnerLeft('left')
      const second = await resume(t, waited)
      checkNew(waited, second)
      await t.quiet(arrived, second)
    },
  },
  {
    title: 'does not resume a session whose client has left with 1001',
    rule: left,
    run: async (t) => {
      const first = await t.join()
      await first.leave(1001)
      checkNew(first, await resume(t, first))
    },
  },
  {
    title: 'does not resume a session that it has closed for its faults',
    rule: 'When the server closes a connection with a code other than 4000, 4005 and 4508, the session must end too.',
    run: async (t) => {
      const first = await t.join()
      for (let time = 1; time <= 5; time++) first.sendBytes(bytes(0xc1))
      await first.ended()
      checkNew(first, await resume(t, first))
    },
  },
  {
    title: 'counts faults for each connection',
    rule: 'The server must close a connection with 4500 right after the fifth error of the codes 1 to 6 and 15 on this connection, and not before; other errors do not count.',
    run: async (t) => {
      const first = await t.join()
      for (let time = 1; time <= 4; time++) first.sendBytes(bytes(0xc1))
      await first.barrier()
      await first.drop()
      const second = await resume(t, first)
      second.sendBytes(bytes(0xc1))
      await second.nextError('malformed-frame')
      await second.quiet()
    },
  },
])
