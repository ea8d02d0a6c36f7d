import type { Clock } from '../../clock.ts'
import type { WidenSchedule } from '../may-meet.ts'
import type { EngineObserver } from '../engine.ts'
import type { Command } from './command-queue.ts'
import type { ObservedRooms } from './observed-rooms.ts'
import type { Answer, FrameItem } from './wire.ts'

/** The parts of the engine that a session, its state and its room use. */
export interface SessionContext {
  readonly nodeId: string
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly createId: () => string
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly scheduleOf: (site: string) => WidenSchedule
  readonly restoreLeftMs: () => number
  /** Returns how long a session outlives its connection. */
  readonly graceMs: () => number
  readonly observer: Pick<EngineObserver, 'onOpened' | 'onRestored' | 'onEnded'>
  /** Sends a command. Commands are handled in the order in which they were sent. */
  readonly send: (
    command: Command,
    handleAnswer?: (answer: Answer) => void,
    isKept?: boolean,
  ) => void
  /** Sends the block of a partner whom the session has met in this lobby, and sends it again if Redis does not answer. */
  readonly sendBlock: (
    place: { readonly site: string; readonly lobby: string },
    command: Command,
    handleAnswer: (answer: Answer) => void,
  ) => void
  /** Called at once when a user blocks or reports a person, also while Redis does not answer. */
  readonly onBlocked: (personKey: string, partnerKey: string) => void
  /** Whether Redis answers. */
  readonly isConnected: () => boolean
  /** Relays a frame to a session, which may be at another node. */
  readonly relay: (nodeId: string, frame: FrameItem) => void
  /** Asks the node of the partner `partnerId` to send no more frames, before it releases the session `by`. */
  readonly pause: (nodeId: string, partnerId: string, roomId: string, by: string) => void
  /** Called with a promise that resolves when Redis has confirmed the release of the session. */
  readonly onLeaving: (left: Promise<void>) => void
  /** Called when the node `by` can take the session over. */
  readonly onReleased: (sessionId: string, by: string) => void
  /** The rooms whose seat 0 is at this node. */
  readonly rooms: ObservedRooms
}
