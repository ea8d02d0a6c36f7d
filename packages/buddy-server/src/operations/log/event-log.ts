import type { Room } from '../../engine/room.ts'
import type { ServerObserver } from '../../events.ts'
import type { Log } from './create-log.ts'

const sessionsOf = ({ seats }: Room): string[] => seats.map(({ sessionId }) => sessionId)

/**
 * Logs one line for each event of a session or a room. The lines contain ids, which are random, but never
 * names, texts or addresses.
 */
export function createEventLog(log: Log): ServerObserver {
  const dropped = new Map<string, number>()
  return {
    joined: ({ session: { id, identity } }) =>
      log.info({ session: id, site: identity.site }, 'session begun'),
    away: ({ session: { id, participant } }) =>
      log.info({ session: id, room: participant.room?.id }, 'session away'),
    back: ({ session: { id, participant }, replayedFrames }) =>
      log.info({ session: id, room: participant.room?.id, replayedFrames }, 'session resumed'),
    restored: ({ session: { id, identity } }) =>
      log.info({ session: id, site: identity.site }, 'session restored'),
    reopened: ({ room }) =>
      log.info({ room: room.id, sessions: sessionsOf(room) }, 'room reopened'),
    ended: ({ session: { id }, reason }) => log.info({ session: id, reason }, 'session ended'),
    matched: ({ room, waitsMs }) =>
      log.info(
        {
          room: room.id,
          sessions: sessionsOf(room),
          waitsMs: waitsMs.map(Math.round),
        },
        'matched',
      ),
    parted: ({ room, leaverId, reason, durationMs }) =>
      log.info(
        { room: room.id, session: leaverId, reason, durationMs: Math.round(durationMs) },
        'room ended',
      ),
    reported: ({ session, aboutId, roomId, reason, reportId }) =>
      log.warn(
        { session: session.id, about: aboutId, room: roomId, reason, report: reportId },
        'partner reported',
      ),
    decided: ({ decision: { id, number, kind, personId, reason, isAutomatic, hash } }) =>
      log.warn(
        { decision: id, number, kind, person: personId, reason, isAutomatic, hash },
        'decided',
      ),
    banned: ({ sessionId, durationMs }) => log.warn({ session: sessionId, durationMs }, 'banned'),
    storeFailed: ({ error }) =>
      log.error(
        { reason: error.message },
        'the data folder failed: bans hold in memory, and what is new is stored when it works again',
      ),
    storeDropped: ({ kind }) => {
      const count = (dropped.get(kind) ?? 0) + 1
      dropped.set(kind, count)
      // The log has one more line when the folder works again.
      if (count === 1) {
        log.error(
          { kind },
          'too many changes of this kind wait for the data folder: new ones are dropped',
        )
      }
    },
    storeRecovered: () => {
      if (dropped.size === 0) log.info('the data folder works again, and everything is stored')
      else {
        const counts = Object.fromEntries(dropped)
        log.warn({ dropped: counts }, 'the data folder works again; what was dropped is lost')
        dropped.clear()
      }
    },
    capacity: ({ level, percent }) => {
      if (level === 0) log.info({ percent }, 'users are well below capacity again')
      else log.warn({ percent }, `users have reached ${level} % of capacity`)
    },
  }
}
