import { group } from '../case.ts'
import { equal } from '../failure.ts'
import { checkContinues, continues, resume } from './resuming.ts'

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
export const resumeRoomCases = group('resume', 'resume', [
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
])
