// The reports and blocks of a session. Redis says who the partner was, and the answers are delivered in order.
import type { ReportReason } from '@buddy-chat/protocol'
import type { Encounter } from '../memory/encounters.ts'
import { AnswerOrder } from './answer-order.ts'
import type { SessionState } from './session-state.ts'
import { toReported } from './stored-values.ts'
import type { Answer } from './wire.ts'

/**
 * Reports and blocks the partner of a room; see `EngineSession.report`.
 * @param asked the id of the room; null for the room of the latest partner
 */
export function reportPartner(
  state: SessionState,
  asked: string | null,
  reason: ReportReason,
): void {
  const { room, listener } = state
  const found = room.findPartner(asked)
  const isRepeated = found ? !room.noteReport(found) : false
  block(state, found, (profile) => {
    const encounter = found && toReported(found, profile, isRepeated)
    const { generation } = state
    listener.handleEvent({ type: 'reported', generation, reason, asked, encounter })
  })
}

/** Blocks the partner of a room; see `EngineSession.block`. */
export function blockPartner(state: SessionState, roomId: string): void {
  const { room, listener } = state
  const found = room.findPartner(roomId)
  block(state, found, () => {
    const isKnown = found !== undefined
    listener.handleEvent({ type: 'blocked', generation: state.generation, isKnown })
  })
}

/**
 * Blocks a partner.
 * @param found undefined if the session has not met the partner, or too long ago. Then no pair is blocked
 * @param onProfile called after the answers to earlier reports and blocks, with the partner's profile in JSON;
 *   undefined if it is not known
 */
function block(
  state: SessionState,
  found: Encounter | undefined,
  onProfile: (profile: string | undefined) => void,
): void {
  const { context } = state
  const answer = (state.answers ??= new AnswerOrder()).expect()
  if (!found) {
    state.send('nothing', {}, () => answer(() => onProfile(undefined)), true)
    return
  }
  const { lobby, partnerId: partner, partnerKey = '' } = found
  const handle = ([, , , result]: Answer): void =>
    answer(() => onProfile(result ? (result as string) : undefined))
  const { personKey, site } = state.profile
  if (partnerKey !== '') context.onBlocked(personKey, partnerKey)
  const command = { c: 'block', s: state.id, k: personKey, partner, partnerKey }
  // A report must be stored at once, because this node may end before Redis answers.
  const isLate = !context.isConnected()
  context.sendBlock({ site, lobby }, command, isLate ? () => undefined : handle)
  if (isLate) answer(() => onProfile(undefined))
}
