import { group } from '../case.ts'
import type { CaseContext, Joined } from '../case-context.ts'
import { check, equal } from '../failure.ts'
import { bytes, pack, type Packable } from '../msgpack.ts'
import { types, unknownType } from '../wire.ts'

const continues =
  'When a client presents a `resumeToken` of a session that has not ended, the server must continue this session: `welcome` has its `session` and its `name`, and `isRestored` is false.'
const counts =
  "`received` in this `welcome` must be the number of the client's frames that have arrived after a `welcome` on all connections of the session, also of frames that are malformed, of an unknown type, longer than their type allows, not binary, or dropped for their rate."
const notCounted =
  'Frames that arrive before the `welcome` of their connection, `hello` included, must not count in `received`.'
const replays =
  'After this `welcome`, the server must send all frames of the session after the first `received` of `resume`, in order and unchanged, before any new frame.'
const notAgain =
  'The server must not send frames again that the client has counted in `received` of `resume`.'
const welcomeNotCounted = 'A `welcome` must not count as a frame of the session.'
const away =
  'When the connection of a client in a room is lost, the server must keep the room for some time (30 s unless configured) and send the partner `partner-away`.'
const keeps =
  'The server must keep the frames of the partner that arrive meanwhile, and send them after the `welcome` with which the session resumes.'
const back =
  'When the client has resumed its session, the server must send the partner `partner-back`.'
const queuesAgain =
  'If a session that waited in the queue resumes, the server must queue its ticket again, and send `waiting` or `matched`.'
const taken =
  'If another connection still has the session, the server must close it with 4508, and ignore frames that arrive on it afterwards.'
const earlierTokens =
  'Every earlier `resumeToken` of the session must work as well as the latest one.'
const forged =
  'A token that is forged, of an ended session or of another site must begin a new session, not an error.'
const tooMany =
  'If `received` of `resume` is more than the server has sent, the server must begin a new session, and end the one that the token names.'
const left = 'A session that a client has left must not resume.'

/** What `resume` of a hello holds besides the token. */
interface Progress {
  readonly received: number
  readonly sent?: number | null
  readonly roomToken?: string | null
}

/** Resumes the session of a connection by a new connection. Returns the new connection. */
export async function resume(
  t: CaseContext,
  former: Joined,
  progress: Progress = { received: former.received },
  token: Packable = former.welcome.resumeToken,
): Promise<Joined> {
  const { received, sent = null, roomToken = null } = progress
  return t.join({ name: 'Other name', resume: [token, received, sent, roomToken] })
}

/** Checks that a connection continues the session of another one. */
function checkContinues(former: Joined, { welcome }: Joined, received: number): void {
  equal(welcome.session, former.welcome.session, 'session')
  equal(welcome.received, received, 'received')
  equal(welcome.isRestored, false, 'isRestored')
}

/** Checks that a connection has another session than an earlier one. */
function checkNew(former: Joined, { welcome }: Joined): void {
  equal(welcome.received, null, 'received')
  equal(welcome.isRestored, false, 'isRestored')
  check(welcome.session !== former.welcome.session, 'the session is the earlier one')
}

/** Frames that are faulty or dropped, each of which counts in `received`. */
const countedFrames: readonly [what: string, send: (client: Joined) => void][] = [
  ['a malformed frame', (client) => client.sendBytes(bytes(0xc1))],
  ['an empty frame', (client) => client.sendBytes(bytes())],
  ['a frame with invalid UTF-8', (client) => client.sendBytes(bytes(0x92, types.text, 0xa1, 0xff))],
  ['a frame with an invalid field', (client) => client.send('report')],
  ['a frame that only servers send', (client) => client.sendBytes(bytes(0x91, types.stats))],
  ['a frame of an unknown type', (client) => client.sendBytes(bytes(0x92, unknownType, 0xc1))],
  [
    'a frame that is too long',
    (client) => client.sendBytes(bytes(0x92, types.ping, 0xd9, 100, new Uint8Array(100))),
  ],
  ['a text frame', (client) => client.sendText('hello')],
  ['a frame for the partner outside a room', (client) => void client.sendSignal()],
  ['a second hello', (client) => client.sendBytes(pack([types.hello, 'Ana', '', '', null, null]))],
  ['a ping', (client) => void client.send('ping')],
  ['a leave', (client) => void client.send('leave')],
]

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
  ...countedFrames.map(([what, send]) => ({
    title: `counts ${what} as received`,
    rule: counts,
    run: async (t: CaseContext) => {
      const first = await t.join()
      send(first)
      await first.settle()
      await first.drop()
      const second = await resume(t, first)
      checkContinues(first, second, 1)
    },
  })),
  {
    title: 'counts the frames of all connections together',
    rule: counts,
    run: async (t) => {
      const first = await t.join()
      await t.wait(first)
      await first.drop()
      const second = await resume(t, first)
      checkContinues(first, second, 1)
      await second.next('waiting')
      second.send('leave')
      second.send('next', null)
      await second.next('waiting')
      await second.drop()
      const third = await resume(t, second, { received: first.received + second.received })
      checkContinues(first, third, 3)
      await third.next('waiting')
    },
  },
  {
    title: 'does not count frames before welcome',
    rule: notCounted,
    run: async (t) => {
      const first = await t.connect()
      first.send('ping')
      await first.nextError('hello-required')
      first.sendHello({ name: 5 })
      await first.nextError('invalid-field')
      first.sendBytes(bytes(0x91, unknownType))
      t.sendHello(first)
      await first.next('welcome')
      const joined = first as Joined
      await t.wait(joined)
      await joined.drop()
      const second = await resume(t, joined)
      checkContinues(joined, second, 1)
      await second.next('waiting')
    },
  },
  {
    title: 'does not count frames before the welcome of a resume',
    rule: notCounted,
    run: async (t) => {
      const first = await t.join()
      await first.drop()
      const second = await t.connect()
      second.send('ping')
      await second.nextError('hello-required')
      const { resumeToken } = first.welcome
      t.sendHello(second, { resume: [resumeToken, first.received, null, null] })
      checkContinues(first, await joined(second), 0)
    },
  },
  {
    title: 'sends frames again that the client has not received',
    rule: replays,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const frames = [arrived.sendSignal(1), arrived.sendSignal(2), arrived.sendSignal(3)]
      await waited.nextRelayed(frames[0]!)
      const received = waited.lastRead
      await waited.nextRelayed(frames[1]!)
      await waited.nextRelayed(frames[2]!)
      await waited.drop()
      await arrived.next('partner-away')
      const second = await resume(t, waited, { received })
      await second.nextRelayed(frames[1]!)
      await second.nextRelayed(frames[2]!)
      await arrived.next('partner-back')
      await second.nextRelayed(arrived.sendSignal(4))
    },
  },
  {
    title: 'sends matched again that the client has not received',
    rule: replays,
    run: async (t) => {
      const { waited, waitedMatch, arrived } = await t.pair()
      const received = waited.lastRead - 1
      await waited.drop()
      await arrived.next('partner-away')
      const second = await resume(t, waited, { received })
      equal(await second.next('matched'), waitedMatch, 'matched')
      await arrived.next('partner-back')
      await t.checkRelay(second, arrived)
    },
  },
  {
    title: 'sends an error again that the client has not received',
    rule: replays,
    run: async (t) => {
      const first = await t.join()
      first.sendSignal()
      await first.nextError('not-in-room')
      await first.drop()
      const second = await resume(t, first, { received: first.lastRead - 1 })
      await second.nextError('not-in-room')
      await second.quiet()
    },
  },
  {
    title: 'does not send received frames again',
    rule: notAgain,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await waited.nextRelayed(arrived.sendSignal(1))
      await waited.drop()
      await arrived.next('partner-away')
      const second = await resume(t, waited)
      await arrived.next('partner-back')
      await t.quiet(second, arrived)
    },
  },
  {
    title: 'does not count welcome as a frame',
    rule: welcomeNotCounted,
    run: async (t) => {
      const first = await t.join()
      await first.drop()
      const second = await resume(t, first, { received: first.received })
      await second.drop()
      const third = await resume(t, second, { received: first.received + second.received })
      checkContinues(first, third, 0)
      await third.quiet()
    },
  },
  {
    title: 'keeps the room and announces the loss to the partner',
    rule: away,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await arrived.drop()
      await waited.next('partner-away')
      await waited.quiet()
      const second = await resume(t, arrived)
      await waited.next('partner-back')
      await t.checkRelay(waited, second)
    },
  },
  {
    title: 'announces the return to the partner',
    rule: back,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await waited.drop()
      await arrived.next('partner-away')
      await resume(t, waited)
      await arrived.next('partner-back')
      await arrived.quiet()
    },
  },
  {
    title: 'keeps what the partner sends meanwhile, in order',
    rule: keeps,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await arrived.drop()
      await waited.next('partner-away')
      const frames = [waited.sendSignal(1), waited.send('trust'), waited.sendSignal(2)]
      await waited.quiet()
      const second = await resume(t, arrived)
      for (const frame of frames) await second.nextRelayed(frame)
      await waited.next('partner-back')
      await t.quiet(waited, second)
    },
  },
  {
    title: 'sends kept frames before new ones',
    rule: replays,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await arrived.drop()
      await waited.next('partner-away')
      const kept = waited.sendSignal(1)
      await waited.quiet()
      const second = await resume(t, arrived)
      await waited.next('partner-back')
      const later = waited.sendSignal(2)
      await second.nextRelayed(kept)
      await second.nextRelayed(later)
    },
  },
  {
    title: 'delivers the end of a room that came meanwhile',
    rule: keeps,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await arrived.drop()
      await waited.next('partner-away')
      const last = waited.sendSignal(1)
      waited.send('next', null)
      await waited.next('waiting')
      const second = await resume(t, arrived)
      await second.nextRelayed(last)
      await second.nextPartnerLeft('next')
      await t.quiet(waited, second)
    },
  },
  {
    title: 'continues the room if both have lost their connections',
    rule: continues,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await arrived.drop()
      await waited.next('partner-away')
      await waited.drop()
      await t.pause(50)
      const [one, other] = [await resume(t, waited), await resume(t, arrived)]
      await other.next('partner-away')
      await other.next('partner-back')
      await one.next('partner-back')
      await t.checkRelay(one, other)
    },
  },
  {
    title: 'accepts a resume without sent and roomToken',
    rule: '`resume` is `[token, received, sent, roomToken]`: string 0–1024, uint, uint ?, string 0–512 ?.',
    run: async (t) => {
      const first = await t.join()
      await first.drop()
      const second = await t.join({ resume: [first.welcome.resumeToken, first.received] })
      checkContinues(first, second, 0)
    },
  },
  {
    title: 'queues the ticket of a session again',
    rule: queuesAgain,
    run: async (t) => {
      const first = await t.join()
      await t.wait(first, { interests: ['jazz'] })
      await first.drop()
      await t.pause(100)
      const second = await resume(t, first)
      await second.next('waiting')
      const other = await t.join()
      t.enter(other, { interests: ['jazz'] })
      equal((await other.next('matched')).interests, ['jazz'], 'interests')
      await second.next('matched')
    },
  },
  {
    title: 'matches a session that resumes with a ticket that waits',
    rule: queuesAgain,
    run: async (t) => {
      const first = await t.join()
      await t.wait(first)
      await first.drop()
      await t.pause(100)
      const other = await t.join()
      await t.wait(other)
      const second = await resume(t, first)
      equal((await second.next('matched')).isPolite, false, 'isPolite of the one that resumed')
      await other.next('matched')
    },
  },
  {
    title: 'does not queue a session again that has sent leave',
    rule: queuesAgain,
    run: async (t) => {
      const first = await t.join()
      await t.wait(first)
      first.send('leave')
      await first.quiet()
      await first.drop()
      const second = await resume(t, first)
      await second.quiet()
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

async function joined(connection: Parameters<CaseContext['sendHello']>[0]): Promise<Joined> {
  await connection.next('welcome')
  return connection as Joined
}
