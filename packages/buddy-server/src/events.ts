import type {
  CallFailure,
  CloseCode,
  ErrorCode,
  LeaveReason,
  ReportReason,
} from '@buddy-chat/protocol'
import type { Room } from './rooms.ts'
import type { Trace } from './sessions/encounters.ts'
import type { Session } from './sessions/session.ts'
import type { SessionEnd } from './sessions/sessions.ts'

/** Everything that happens in a server and that somebody may want to know. */
interface ServerEvents {
  readonly joined: { readonly session: Session }
  /** Its connection is lost; it may come back. */
  readonly away: { readonly session: Session }
  readonly back: { readonly session: Session; readonly replayedFrames: number }
  /** A process before this one had it; it goes on here. */
  readonly restored: { readonly session: Session }
  readonly ended: { readonly session: Session; readonly reason: SessionEnd }
  /** `waitsMs` in the order of the room's members. */
  readonly matched: { readonly room: Room; readonly waitsMs: readonly [number, number] }
  /** A room of a process before this one goes on here. */
  readonly reopened: { readonly room: Room }
  readonly parted: {
    readonly room: Room
    readonly leaver: Session
    readonly reason: LeaveReason
    readonly durationMs: number
  }
  readonly refused: {
    readonly code: ErrorCode
    /** A page's address, not a person's. */
    readonly origin: string | undefined
  }
  /** A connection that was let in is ended for what it did; its session may go on. */
  readonly cut: { readonly code: CloseCode }
  readonly reported: {
    readonly session: Session
    readonly aboutId: string
    readonly roomId: string
    readonly reason: ReportReason
  }
  /** Somebody's client has found out why calls fail there. */
  readonly diagnosed: { readonly reason: CallFailure }
  /** The session may have ended before. */
  readonly banned: { readonly session: Trace; readonly durationMs: number }
  /** The share of users in percent has come to `level`, or gone back below the lowest (0). */
  readonly capacity: { readonly level: 0 | 80 | 95; readonly percent: number }
}

/** Somebody who wants to know; the name of each method is the event's. */
export type ServerObserver = {
  readonly [Name in keyof ServerEvents]?: (event: ServerEvents[Name]) => void
}

/** Tells every observer. */
export type Notify = <Name extends keyof ServerEvents>(
  name: Name,
  event: ServerEvents[Name],
) => void

/** Tells `observers` in order; one that throws is reported to `onError`, the others still hear. */
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
