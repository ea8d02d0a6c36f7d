// How a session leaves its place: the queue, a room or a claim.
import type { LeaveReason } from '@buddy-chat/protocol'
import type { Room } from '../room.ts'
import { partnerSeat } from '../room.ts'
import type { SessionContext } from './session-context.ts'
import type { SessionState } from './session-state.ts'
import type { Answer } from './wire.ts'

/**
 * Takes a session out of its place at this node. The caller sends the command to Redis, which may receive it later.
 * @param onLeftLocally called if Redis does not answer and the partner is at this node too. The callee takes the
 *   partner out of the room
 */
export function leavePlace(
  state: SessionState,
  reason: LeaveReason,
  onLeftLocally: (partnerId: string, roomId: string) => void,
): void {
  state.reason = reason
  const { present } = state.room
  if (present) {
    const { room, seat, partnerNode } = present
    const partnerId = partnerSeat(room, seat).sessionId
    state.left = { id: room.id, partnerId, reason }
    const { nodeId, isConnected } = state.context
    if (!isConnected() && partnerNode === nodeId) {
      reportEnd(state, room, reason)
      onLeftLocally(partnerId, room.id)
    }
  } else if (state.intent.kind === 'claim' && state.claimedRoomId !== undefined) {
    state.left = { id: state.claimedRoomId, reason }
  }
  state.exit()
}

/** The partner at this node has left the room while Redis does not answer. */
export function handlePartnerLeft(state: SessionState, roomId: string, reason: LeaveReason): void {
  if (state.room.present?.room.id !== roomId) return
  state.left = { id: roomId, reason }
  state.exit()
  state.emit({ type: 'parted', generation: state.generation, reason })
}

/** Leaves the room of a match that was dropped. */
export function declineRoom(state: SessionState, roomId: string): void {
  const { present } = state.room
  if (present?.room.id !== roomId) state.send('decline', { left: { id: roomId, reason: 'lost' } })
}

/**
 * Returns the function to call when Redis has handled the command that is sent now: it forgets the room that was left.
 */
export function clearLeft(state: SessionState): (answer: Answer) => void {
  const { left } = state
  return ([failure]) => {
    if (failure === false && state.left === left) state.left = undefined
  }
}

/** Reports the end of a room while Redis does not answer. */
function reportEnd(
  { id, context }: { id: string; context: SessionContext },
  room: Room,
  reason: LeaveReason,
): void {
  const { rooms, observer, wallNow } = context
  if (!rooms.delete(room.id)) return
  observer.onEnded(room, id, reason, Math.max(0, wallNow() - room.openedAtMs))
}
