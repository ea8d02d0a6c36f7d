import { declineRoom } from './leave-place.ts'
import type { SessionState } from './session-state.ts'
import { fromText } from './stored-values.ts'
import type { Restated } from './wire.ts'

/**
 * Handles the answer to the statement of a session. The caller has delivered the events of the answer before.
 * @param onJoined called because Redis certainly has the session now
 */
export function handleRestated(
  state: SessionState,
  { epoch, frames, isWaiting, awaited }: Restated,
  onJoined: () => void,
): void {
  state.epoch = epoch
  state.taken = undefined
  state.left = undefined
  state.awaited = awaited
  onJoined()
  const at = state.room.present?.room.id
  const { generation, roomId } = state.stated ?? {}
  // The room has ended since the statement was sent. If Redis had lost its data, the statement has opened it again.
  if (roomId !== undefined && roomId !== at && generation === state.generation) {
    declineRoom(state, roomId)
  }
  if (at === undefined) return
  // Frames with a number are in the replay buffer of this node.
  for (const [number, frame, epoch] of frames) {
    if (number === 0) state.room.handleFrame([state.id, at, fromText(frame), epoch])
  }
  if (isWaiting) state.awaitPartner(at)
}
