import { group } from '../case.ts'
import { check, equal, Skip } from '../failure.ts'
import { bytes } from '../msgpack.ts'
import { resume } from './resuming.ts'

/** The longest period that a case waits for. */
const longestMs = 45_000

const heartbeat =
  'From `welcome` on, the server must send each client at least one binary frame in each period of `heartbeatMs`.'

/** The longest time between two heartbeats. On a busy machine they arrive later than they are due. */
const withinMs = (heartbeatMs: number): number => heartbeatMs + Math.max(heartbeatMs / 4, 2000)

/** Cases that wait for a time limit of the server. */
export const heartbeatCases = group('heartbeat', 'core', [
  {
    title: 'sends a frame in each heartbeat period',
    rule: heartbeat,
    waitsMs: longestMs,
    run: async (t) => {
      const client = await t.join()
      const { heartbeatMs } = client.welcome
      if (heartbeatMs > longestMs / 1.5) throw new Skip(`heartbeatMs is ${heartbeatMs}`)
      const periods = heartbeatMs > 10_000 ? 1 : 3
      for (let period = 1; period <= periods; period++) {
        const before = client.received
        await client.untilReceived(before + 1, withinMs(heartbeatMs))
      }
    },
  },
  {
    title: 'sends heartbeats in a room and in the queue',
    rule: heartbeat,
    waitsMs: longestMs,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const waiting = await t.join()
      await t.wait(waiting)
      const { heartbeatMs } = waited.welcome
      if (heartbeatMs > longestMs / 1.5) throw new Skip(`heartbeatMs is ${heartbeatMs}`)
      const clients = [waited, arrived, waiting]
      const counts = clients.map(({ received }) => received + 1)
      await Promise.all(
        clients.map((client, index) => client.untilReceived(counts[index]!, withinMs(heartbeatMs))),
      )
    },
  },
  {
    title: 'ends the connection of a client that answers no ping',
    rule: 'The server should end the connection of a client that has sent nothing and answered no ping for a long time (40 s unless configured).',
    waitsMs: longestMs,
    run: async (t) => {
      const client = await t.join({}, { answersPings: false })
      try {
        await client.ended(longestMs)
      } catch {
        throw new Skip(
          `the server has not ended it within ${longestMs / 1000} s; it should, but need not`,
        )
      }
    },
  },
])

export const expiryCases = group('expiry', 'resume', [
  {
    title: 'ends a session that is not resumed in time',
    rule: 'If the client does not resume in time, the session must end, and the partner receive `partner-left` with reason 2.',
    waitsMs: longestMs,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await arrived.drop()
      await waited.next('partner-away')
      const { reason } = await waited.nextEventually('partner-left', longestMs)
      equal(reason, 2, 'the reason of partner-left')
      const late = await resume(t, arrived)
      equal(late.welcome.received, null, 'received')
      check(late.welcome.session !== arrived.welcome.session, 'the session was resumed too late')
      await t.quiet(waited, late)
    },
  },
  {
    title: 'replaces the frames for an absent client by partner-left if they are too many',
    rule: "If frames for a client without a connection exceed the server's bound, the server must end the room, and keep the session, whose client then receives `partner-left` in place of these frames.",
    waitsMs: longestMs,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await arrived.drop()
      await waited.next('partner-away')
      const part = 'v'.repeat(32_000)
      const frames = Array.from({ length: 8 }, (_, index) =>
        waited.send('signal', [0, part], [], null, index),
      )
      await waited.barrier()
      if (waited.unread.length === 0) {
        // The bound is higher, so nothing may be lost.
        const second = await resume(t, arrived)
        for (const frame of frames) await second.nextRelayed(frame)
        await waited.next('partner-back')
        throw new Skip('the bound of this server is above 256 kB')
      }
      await waited.nextPartnerLeft('lost')
      waited.forget() // `not-in-room` for the signals after the end of the room
      const second = await resume(t, arrived)
      equal(second.welcome.session, arrived.welcome.session, 'session')
      await second.nextPartnerLeft('lost')
      await t.quiet(waited, second)
    },
  },
  {
    title: 'sends pings whose payload is the number of frames sent',
    rule: 'The payload of each ping of the server must be 4 bytes, which are the number of frames that the session has been sent, big-endian.',
    waitsMs: longestMs,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
      const ping = await client.nextPing(longestMs)
      equal(ping.payload.length, 4, 'the length of the payload')
      const count = new DataView(ping.payload.buffer, ping.payload.byteOffset).getUint32(0)
      equal(count, ping.received, 'the number in the payload')
    },
  },
  {
    title: 'forgets frames that a pong has acknowledged',
    rule: 'A pong acknowledges the frames that were sent before the ping that the client answered last before this one.',
    waitsMs: longestMs,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
      // `waiting` is acknowledged by the second pong at the earliest, so a resume without it cannot succeed.
      await client.nextPing(longestMs)
      await client.nextPing(longestMs)
      await client.barrier()
      await client.drop()
      const second = await resume(t, client, { received: 0 })
      if (second.welcome.received !== null) {
        second.forget()
        throw new Skip('the server keeps frames that were acknowledged; it may')
      }
    },
  },
  {
    title: 'does not forget frames because of a pong that answers no ping',
    rule: 'A pong whose payload is not that of an unanswered ping acknowledges nothing, and does not show that the client is alive.',
    waitsMs: longestMs,
    run: async (t) => {
      const waited = await t.join({}, { answersPings: false })
      await t.wait(waited)
      const arrived = await t.join()
      t.enter(arrived)
      await t.matchedTogether(waited, arrived)
      const frame = arrived.sendSignal(1)
      await waited.nextRelayed(frame)
      const received = waited.lastRead - 1
      await waited.nextPing(longestMs)
      // Each would acknowledge all frames if the server took the number in it for an answer.
      for (const payload of [bytes(0, 0, 0, 99), bytes(0, 0, 0, 98), bytes(), bytes(255)]) {
        waited.socket.pong(payload)
      }
      await waited.barrier()
      await waited.drop()
      await arrived.next('partner-away')
      const second = await resume(t, waited, { received })
      await second.nextRelayed(frame)
      await arrived.next('partner-back')
    },
  },
])
