import type {
  CallFailure,
  CloseCode,
  ErrorCode,
  LeaveReason,
  ReportReason,
} from '@buddy-chat/protocol'
import type { Room } from './engine/room.ts'
import type { Identified } from './sessions/identity.ts'
import type { Decision } from './safety/moderation.ts'
import type { StoredMeasure, StoreError } from './safety/store.ts'
import type { WriteKind } from './safety/store-writer.ts'
import type { Session } from './sessions/session.ts'
import type { SessionEnd } from './sessions/sessions.ts'

/** The events of a server, which its operations and its hooks observe. */
interface ServerEvents {
  readonly joined: { readonly session: Session }
  /** The session has lost its connection, and may resume. */
  readonly away: { readonly session: Session }
  /** The session has resumed. `replayedFrames` is the number of missed frames that were sent again. */
  readonly back: { readonly session: Session; readonly replayedFrames: number }
  /** A session of an earlier process was restored in this one. */
  readonly restored: { readonly session: Session }
  readonly ended: { readonly session: Session; readonly reason: SessionEnd }
  /**
   * A room was opened. `waitsMs` contains the time from ticket to match of both sessions, in the order of the
   * room's seats.
   */
  readonly matched: { readonly room: Room; readonly waitsMs: readonly [number, number] }
  /** A room of an earlier process was restored in this one. */
  readonly reopened: { readonly room: Room }
  readonly parted: {
    readonly room: Room
    readonly leaverId: string
    readonly reason: LeaveReason
    readonly durationMs: number
  }
  readonly refused: {
    readonly code: ErrorCode
    /** The origin of the page. It is not private, so it may be logged. */
    readonly origin: string | undefined
  }
  /**
   * The server has closed a connection because its client has broken a rule or was too slow. The session may
   * continue.
   */
  readonly cut: { readonly code: CloseCode }
  readonly reported: {
    readonly session: Identified
    readonly aboutId: string
    readonly roomId: string
    readonly reason: ReportReason
    /** The user's note; null if there is none. */
    readonly note: string | null
    /** The id of the stored report; null if the reported person is not known. */
    readonly reportId: string | null
    /** The reported person; null if not known. */
    readonly personId: string | null
    readonly hasStill: boolean
  }
  /** A client has reported why its calls fail. */
  readonly diagnosed: { readonly reason: CallFailure }
  /** The operator, the program or a rule has decided about a person. */
  readonly decided: { readonly decision: Decision }
  /** A user was banned. The session of that user may have ended before. */
  readonly banned: {
    /** The session that was reported or banned; empty if none is known. */
    readonly sessionId: string
    readonly site: string
    /** Undefined if the user has none, or has left. */
    readonly subject: string | undefined
    readonly measure: StoredMeasure
    /** Null if the ban holds until it is lifted. */
    readonly durationMs: number | null
  }
  /**
   * The data folder cannot be read or written. Emitted once, until `storeRecovered`. Changes that could not
   * be stored are kept in memory.
   */
  readonly storeFailed: { readonly error: StoreError }
  /** A change that waited for the data folder was dropped, because too many of its kind wait. */
  readonly storeDropped: { readonly kind: WriteKind }
  /** The data folder works again, and the changes that were kept in memory are stored. */
  readonly storeRecovered: object
  /**
   * The number of users has reached `level` percent of its maximum. Level 0 means that it is well below the
   * lowest level again.
   */
  readonly capacity: { readonly level: 0 | 80 | 95; readonly percent: number }
}

/** Observes events. Each method has the name of the event that it receives. */
export type ServerObserver = {
  readonly [Name in keyof ServerEvents]?: (event: ServerEvents[Name]) => void
}

/** Emits an event to all observers. */
export type Notify = <Name extends keyof ServerEvents>(
  name: Name,
  event: ServerEvents[Name],
) => void

/**
 * Emits events to `observers` in order. If an observer throws, calls `onError` and continues with the next
 * one.
 */
export function createNotify(
  observers: readonly ServerObserver[],
  onError: (error: unknown) => void,
): Notify {
  return (name, event) => {
    for (const observer of observers) {
      try {
        observer[name]?.(event)
      } catch (error) {
        onError(error)
      }
    }
  }
}
