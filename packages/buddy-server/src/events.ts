import type {
  CallFailure,
  CloseCode,
  ErrorCode,
  LeaveReason,
  ReportReason,
} from '@buddy-chat/protocol'
import type { Room } from './engine/room.ts'
import type { Identified } from './sessions/identity.ts'
import type { BanTarget } from './sessions/reported-people.ts'
import type { Session } from './sessions/session.ts'
import type { SessionEnd } from './sessions/sessions.ts'

/** The events of a server that its operations and its hooks observe. */
interface ServerEvents {
  readonly joined: { readonly session: Session }
  /** The session has lost its connection, and may come back. */
  readonly away: { readonly session: Session }
  readonly back: { readonly session: Session; readonly replayedFrames: number }
  /** A session of an earlier process continues here. */
  readonly restored: { readonly session: Session }
  readonly ended: { readonly session: Session; readonly reason: SessionEnd }
  /** `waitsMs` is the time from ticket to match, in the order of the room's seats. */
  readonly matched: { readonly room: Room; readonly waitsMs: readonly [number, number] }
  /** A room of an earlier process continues here. */
  readonly reopened: { readonly room: Room }
  readonly parted: {
    readonly room: Room
    readonly leaverId: string
    readonly reason: LeaveReason
    readonly durationMs: number
  }
  readonly refused: {
    readonly code: ErrorCode
    /** The page's origin, which is not private. */
    readonly origin: string | undefined
  }
  /** The server ends a connection for what its client did. The session may continue. */
  readonly cut: { readonly code: CloseCode }
  readonly reported: {
    readonly session: Identified
    readonly aboutId: string
    readonly roomId: string
    readonly reason: ReportReason
  }
  /** A client has found out why its calls fail. */
  readonly diagnosed: { readonly reason: CallFailure }
  /** The session may have ended before. */
  readonly banned: { readonly target: BanTarget; readonly durationMs: number }
  /** The share of users in percent has reached `level`, or fallen below the lowest level (0). */
  readonly capacity: { readonly level: 0 | 80 | 95; readonly percent: number }
}

/** Observes events. The name of each method is the name of its event. */
export type ServerObserver = {
  readonly [Name in keyof ServerEvents]?: (event: ServerEvents[Name]) => void
}

/** Emits an event to all observers. */
export type Notify = <Name extends keyof ServerEvents>(
  name: Name,
  event: ServerEvents[Name],
) => void

/** Emits events to `observers` in order. One that throws is reported to `onError`; the others follow. */
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
