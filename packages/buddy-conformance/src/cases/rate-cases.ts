import { group, type CaseBody } from '../case.ts'
import type { CaseContext, Joined } from '../case-context.ts'
import { check } from '../failure.ts'
import { bytes, pack } from '../msgpack.ts'
import { errors, rates, types, unknownType } from '../wire.ts'
import { resume } from './resuming.ts'

const drops = 'The server must drop frames above the rate of their type.'
const answersEach =
  'The server must answer each dropped `next` and `ticket` with `rate-limited` and a `retryAfterMs`.'
const answersSome =
  'The server must answer dropped frames of each other type with `rate-limited`, at most once a second.'

/** Reads everything that has arrived, and returns how many frames were relayed and how many were errors. */
async function tally(
  client: Joined,
): Promise<{ frames: number; limited: number; hasTime: boolean }> {
  await client.settle()
  const { unread } = client
  const limited = unread.filter(({ fields }) => fields['code'] === errors['rate-limited'])
  const hasTime = limited.every(({ fields }) => Number(fields['retryAfterMs']) > 0)
  const frames = unread.length - limited.length
  client.forget()
  return { frames, limited: limited.length, hasTime }
}

/**
 * Waits until the server allows another ping of a session whose frames it has all handled, and one in reserve, because
 * clocks are not exact. Each case ends with a ping, which has the same rate as unknown types and reports.
 */
const regainPings = (t: CaseContext): Promise<void> =>
  t.pause((2 * 1000) / rates['others together'].perSecond)

/** The case that frames for the partner above the rate are dropped. */
function drop(name: 'signal' | 'text' | 'typing'): CaseBody {
  return {
    title: `drops a ${name} above the rate, and reports it once`,
    rule: name === 'text' ? drops : answersSome,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      if (name !== 'signal') t.requireText(waited)
      const { atOnce, perSecond } = rates[name]
      const began = Date.now()
      for (let index = 0; index < atOnce * 2; index++) {
        if (name === 'signal') waited.sendSignal(index % 256)
        else waited.send(name, name === 'text' ? `text ${index}` : index % 2 === 0)
      }
      const errorsReceived = await tally(waited)
      const relayed = await tally(arrived)
      const allowed = atOnce + Math.ceil(((Date.now() - began) / 1000) * perSecond) + 1
      check(
        relayed.frames >= atOnce && relayed.frames <= Math.min(allowed, atOnce * 2 - 1),
        `${relayed.frames} of ${atOnce * 2} frames were relayed, expected ${atOnce} to ${allowed}`,
      )
      const seconds = 1 + Math.ceil((Date.now() - began) / 1000)
      check(
        errorsReceived.limited >= 1 && errorsReceived.limited <= seconds,
        `${errorsReceived.limited} errors were sent within ${seconds} s`,
      )
      check(errorsReceived.hasTime, 'an error has no retryAfterMs')
    },
  }
}

/** The case that every frame of this type above the rate is answered. */
function answered(name: 'ticket' | 'next'): CaseBody {
  return {
    title: `answers each ${name} above the rate with rate-limited`,
    rule: answersEach,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
      const sent = rates[name].atOnce + 6
      for (let time = 1; time <= sent; time++) {
        if (name === 'ticket') t.enter(client)
        else client.send('next', null)
      }
      const { frames, limited, hasTime } = await tally(client)
      check(limited > 0, 'no frame was dropped')
      check(frames + limited === sent, `${frames} + ${limited} of ${sent} frames were answered`)
      check(hasTime, 'an error has no retryAfterMs')
    },
  }
}

export const rateCases = group('rates', 'rates', [
  drop('text'),
  drop('typing'),
  drop('signal'),
  answered('ticket'),
  answered('next'),
  {
    title: 'counts pings, reports and unknown types together',
    rule: 'Frames of unknown types count as others.',
    run: async (t) => {
      const client = await t.join()
      for (let time = 1; time <= 30; time++) client.sendBytes(bytes(0x91, unknownType))
      client.send('ping')
      const { limited } = await tally(client)
      check(limited >= 1, 'no frame was dropped')
      await regainPings(t)
    },
  },
  {
    title: 'never drops a leave',
    rule: 'The server must not drop a `leave`.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      for (let time = 1; time <= 30; time++) waited.sendBytes(bytes(0x91, unknownType))
      waited.send('leave')
      await arrived.nextPartnerLeft('left')
      waited.forget()
      await waited.settle()
      waited.forget()
      await regainPings(t)
    },
  },
  {
    title: 'does not count dropped frames as faults',
    rule: 'A dropped frame must not count as a frame that breaks the protocol.',
    run: async (t) => {
      const client = await t.join()
      for (let time = 1; time <= 30; time++) t.enter(client)
      await tally(client)
      check(client.isOpen, 'the connection has ended')
    },
  },
  {
    title: 'drops bytes to the partner above their rate',
    rule: 'To a partner, of all types with direction partner together: 262,144 bytes at once, 65,536 per second.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const frame = pack([types.signal, [0, 'v'.repeat(32_700)], [], null, null])
      const began = Date.now()
      for (let time = 1; time <= 24; time++) waited.sendBytes(frame, 'signal')
      const errorsReceived = await tally(waited)
      const { frames } = await tally(arrived)
      const allowed =
        Math.ceil((262_144 + ((Date.now() - began) / 1000) * 65_536) / frame.length) + 1
      check(
        frames >= 8 && frames <= Math.min(allowed, 23),
        `${frames} of 24 frames were relayed, expected 8 to ${allowed}`,
      )
      check(errorsReceived.limited >= 1, 'no frame was reported as dropped')
    },
  },
  {
    title: 'closes after 200 dropped frames',
    rule: 'After 200 dropped frames in a short time, the server must send `rate-limited` and close with 4003.',
    run: async (t) => {
      const neighbours = await t.pair()
      const client = await t.join()
      for (let time = 1; time <= 400; time++) client.sendBytes(bytes(0x91, unknownType))
      const { code, reason } = await client.ended()
      check(code === 4003 && reason === 'rate-limited', `it was closed with ${code} ${reason}`)
      check(client.lastError === errors['rate-limited'], 'the last frame was not rate-limited')
      await t.checkRelay(neighbours.waited, neighbours.arrived)
    },
  },
  {
    title: 'does not close before 150 dropped frames',
    rule: 'After 200 dropped frames in a short time it closes the connection.',
    run: async (t) => {
      const client = await t.join()
      for (let time = 1; time <= 150; time++) client.sendBytes(bytes(0x91, unknownType))
      await tally(client)
      check(client.isOpen, 'the connection has ended')
      await regainPings(t)
    },
  },
  {
    title: 'ends the session of a client that it closes for its rate',
    rule: 'When the server closes a connection with a code other than 4000, 4005 and 4508, the session must end too.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      for (let time = 1; time <= 400; time++) waited.sendBytes(bytes(0x91, unknownType))
      await waited.ended()
      await arrived.nextPartnerLeft('lost')
    },
  },
  {
    title: 'keeps the rates of a session that resumes',
    rule: 'A resumed session must keep its rates, so that a new connection does not reset them.',
    run: async (t) => {
      const { atOnce, perSecond } = rates.ticket
      // On a slow machine the session may have regained its rate before it resumes.
      for (let attempt = 1; attempt <= 5; attempt++) {
        const first = await t.join()
        if (first.welcome.resumeToken === null) t.skip('the server does not resume sessions')
        const began = Date.now()
        for (let time = 1; time <= atOnce * 2; time++) t.enter(first)
        await first.drop()
        const second = await resume(t, first, { received: first.received })
        // What the first connection had caused is sent again, and does not count.
        await second.barrier()
        second.forget()
        for (let time = 1; time <= atOnce; time++) t.enter(second)
        const { limited } = await tally(second)
        if (limited > 0) return
        const regained = ((Date.now() - began) / 1000) * perSecond
        check(regained >= atOnce, 'the new connection has new rates')
      }
      t.skip('this machine is too slow')
    },
  },
  {
    title: 'ends a connection with too many pings',
    rule: 'Above the rate of control frames, the server must end the connection and its session.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      for (let time = 1; time <= 60; time++) waited.socket.ping()
      const { code } = await waited.ended()
      check(code === 1006, `the connection was closed with ${code}, expected 1006`)
      await arrived.nextPartnerLeft('lost')
    },
  },
  {
    title: 'ends a connection with too many pongs that answer no ping',
    rule: 'Above the rate of control frames, the server must end the connection and its session.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      for (let time = 1; time <= 60; time++) waited.socket.pong(bytes(9, 9))
      const { code } = await waited.ended()
      check(code === 1006, `the connection was closed with ${code}, expected 1006`)
      await arrived.nextPartnerLeft('lost')
    },
  },
  {
    title: 'ends a connection with too many pings before hello',
    rule: 'WebSocket pings of the client, and pongs that answer no ping: 20 at once, 2 per second, also before `hello`.',
    run: async (t) => {
      const client = await t.connect()
      for (let time = 1; time <= 60; time++) client.socket.ping()
      const { code } = await client.ended()
      check(code === 1006, `the connection was closed with ${code}, expected 1006`)
    },
  },
  {
    title: 'accepts 15 pings at once',
    rule: 'WebSocket pings of the client, and pongs that answer no ping: 20 at once, 2 per second, also before `hello`.',
    run: async (t) => {
      const client = await t.join()
      for (let time = 1; time <= 14; time++) client.socket.ping()
      await client.pong(bytes(7))
    },
  },
])
