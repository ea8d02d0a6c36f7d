// Which texts may be lost. docs/scaling.md states the same bounds for operators.
import type { FaultPeriods } from './fault-periods.ts'
import type { Connection } from './story.ts'

/**
 * A text that a node has received shortly before a fault may still be in its memory or in a socket. On a busy machine
 * this takes longer than the milliseconds that it needs otherwise.
 */
const inFlightMs = 500

/**
 * The time until a node that has stopped is declared dead, in milliseconds. Until then, the other nodes send it the
 * frames for its users, and these frames are lost with it.
 */
const declaredDeadMs = 3000

/** A text that was given to a connection and did not arrive. */
export interface LostText {
  /** When it was given to the connection of its sender. */
  readonly writtenAt: number
  readonly from: Connection
  /** The latest connection of the receiver at that time, whose node has its session; undefined if it had none yet. */
  readonly to: Connection | undefined
}

/**
 * Returns why the text may be lost; undefined if it must have arrived. The rules are:
 *
 * - A node that was killed loses what it had received and not passed on: up to {@link inFlightMs}.
 * - A node that was paused loses what its clients sent to it until they connected to another node, and what other
 *   nodes sent to it until it was declared dead: up to {@link declaredDeadMs}. A pause that is shorter than that
 *   loses nothing by itself, but the checker cannot know whether the node was declared dead.
 * - Nothing is lost by the loss of a connection, or by a node that stops on request.
 */
export function excuseOf(
  { writtenAt, from, to }: LostText,
  { all }: Pick<FaultPeriods, 'all'>,
): string | undefined {
  for (const fault of all) {
    if (fault.kind !== 'kill' && fault.kind !== 'pause') continue
    const sinceFaultMs = writtenAt - fault.from
    if (sinceFaultMs < -inFlightMs) continue
    if (fault.node === from.node && from.to >= fault.from && from.from <= fault.to) {
      if (sinceFaultMs <= inFlightMs || fault.kind === 'pause') {
        return `the sender's node had a ${fault.kind}`
      }
    }
    if (to && fault.node === to.node && to.from <= fault.to) {
      const boundMs = (fault.kind === 'pause' ? declaredDeadMs : 0) + inFlightMs
      if (sinceFaultMs <= boundMs) return `the receiver's node had a ${fault.kind}`
    }
  }
  return undefined
}
