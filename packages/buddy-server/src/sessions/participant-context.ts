import type { Message } from '@buddy-chat/protocol'
import type { Engine, EngineEvent, Handover } from '../engine/engine.ts'
import type { Room, SeatIndex } from '../engine/room.ts'
import type { Identified } from './identity.ts'
import type { SessionLink } from './session-link.ts'

/** The parts of a session that its participant uses. */
export interface ParticipantSession extends Identified {
  readonly addressKey: string
  /** The same for all sessions of a person at a site; see `safety/person-keys.ts`. */
  readonly personKey: string
  /** When the session began, in milliseconds since 1970. */
  readonly sinceMs: number
  readonly isPresent: boolean
  /** The connection; undefined while the session has none. */
  readonly link: SessionLink | undefined
  /** Number of frames from the client that were handled, including the present one. */
  readonly received: number
  /** When the session was last in use, in milliseconds on the server's clock. */
  lastActiveMs: number
  send(message: Message): void
  /** Sends the bytes of a message. */
  sendFrame(frame: Uint8Array): void
}

/** The dependencies that all participants of a node share. */
export interface ParticipantContext {
  readonly engine: Engine
  readonly nodeId: string
  /** The region of this node; empty if it has none. */
  readonly region: string
  /** Returns the time, in milliseconds on the server's clock. */
  readonly now: () => number
  /** Returns the number of sessions at this server. Clients receive it while they wait. */
  readonly online: () => number
  /**
   * Returns the room token, which proves the seat to a later process; null if the room cannot be restored.
   */
  readonly roomTokenOf: (room: Room, seat: SeatIndex) => string | null
  /**
   * Returns the maximum number of bytes that are kept for a partner who has not come back yet after a
   * restart.
   */
  readonly maxHeldBytes: () => number
  /** Returns how long a ticket of this user must wait before it can be matched; 0 unless the user is slowed. */
  readonly delayMsOf: (session: ParticipantSession) => number
  /**
   * Ends the session at this node, because another one takes it over. Returns what that node needs.
   * @param welcomes see `EngineListener.handleTaken`
   */
  readonly onTaken: (session: ParticipantSession, welcomes: number) => Handover
  /** Called when the session has left its room, or its partner has lost the connection. */
  readonly onCallInterrupted: (session: ParticipantSession) => void
  /** Called when the session has met a partner. */
  readonly onMet: (session: ParticipantSession) => void
  /** Called when a block names a room in which the session was not, or a room from too long ago. */
  readonly onUnknownRoom: (session: ParticipantSession) => void
  readonly onReported: (session: ParticipantSession, report: Report) => void
}

/** The engine's answer to a report, with what the client has added to it. */
export type Report = Omit<Extract<EngineEvent, { type: 'reported' }>, 'type' | 'generation'> &
  ReportAdditions

/** The details that the client has added. */
export interface ReportAdditions {
  readonly note: string | null
  /** As the client sent it, so not checked. */
  readonly still: string | null
}
