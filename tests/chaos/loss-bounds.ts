// Which texts may be lost.
import type { FaultPeriods } from './fault-periods.ts'
import type { Connection } from './story.ts'

/**
 * How long before a fault a text may have been sent and still be in the memory of the node or in a socket, in
 * milliseconds. Usually this takes a few milliseconds, and longer on a busy machine.
 */
const inFlightMs = 500

/**
 * The time until a node that has stopped is declared dead, in milliseconds. Until then, the other nodes send it the
 * frames for its users, and these frames are lost with it.
 */
const declaredDeadMs = 3000

/**
 * The time after a fault of Redis, or of the connection to it, within which the nodes have stated all their sessions
 * again, in milliseconds.
 */
const recoveredMs = 5000

/** A text that was given to a connection and did not arrive. */
export interface LostText {
  /** When it was given to the connection of its sender. */
  readonly writtenAt: number
  readonly from: Connection
  /** The latest connection of the receiver at that time, whose node has its session; undefined if it had none yet. */
  readonly to: Connection | undefined
  /** When the receiver began to move its session to another connection; Infinity if it did not. */
  readonly leavesAt: number
}

/**
 * Returns why the text may be lost; undefined if it must have arrived. The rules are:
 *
 * - A node that was killed loses what it had received and not passed on: up to {@link inFlightMs}.
 * - A node that was paused loses what its clients sent to it until they connected to another node, and what other
 *   nodes sent to it until it was declared dead: up to {@link declaredDeadMs}. A pause that is shorter than that
 *   loses nothing by itself, but the checker cannot know whether the node was declared dead.
 * - While Redis does not answer or has lost its data, or a node cannot reach it, texts between two nodes may be lost,
 *   also during {@link recoveredMs} afterwards. A text between two clients of one node never touches Redis, unless the
 *   receiver moves to another node.
 * - Nothing is lost by the loss of a connection, by a wrong clock, or by a node that stops on request.
 */
export function excuseOf(
  { writtenAt, from, to, leavesAt }: LostText,
  { all }: Pick<FaultPeriods, 'all'>,
): string | undefined {
  // A receiver that changes the node meanwhile gets the text through Redis.
  const isWithinNode = to?.node === from.node && Math.min(to.to, leavesAt) > writtenAt + inFlightMs
  for (const fault of all) {
    if (fault.kind === 'roll' || fault.kind === 'drop' || fault.kind === 'clock') continue
    const sinceFaultMs = writtenAt - fault.from
    if (sinceFaultMs < -inFlightMs) continue
    if (fault.kind !== 'kill' && fault.kind !== 'pause') {
      const concerns = fault.node === undefined || [from.node, to?.node].includes(fault.node)
      if (concerns && !isWithinNode && writtenAt <= fault.to + recoveredMs) {
        return `there was a ${fault.kind}`
      }
      continue
    }
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
