import type { MessageOf } from '@buddy-chat/protocol'
import type { Adopted, Engine } from '../engine/engine.ts'
import type { RoomClaim } from '../engine/room.ts'
import type { Refusal } from '../limits/refusal.ts'
import { refusal } from '../limits/refusal.ts'
import type { FormerSessions } from '../sessions/former-sessions.ts'
import type { SessionStatement } from '../sessions/resume-token.ts'
import type { Former } from '../sessions/sessions.ts'
import type { Site } from '../sites/site.ts'

/**
 * Maximum frame count with which a session can be restored. The session continues counting from it, and the
 * protocol allows counts of twice this number.
 */
const maxFormerFrames = 0x7fff_ffff

/** The parts of the server that former sessions need. */
export interface FormerSessionContext {
  readonly formerSessions: FormerSessions
  /** Whether the service has other nodes, which may have the session. */
  readonly hasOtherNodes: boolean
  /** Takes over a session that another node has or had. */
  readonly adopt: Engine['adopt']
  readonly onInternalError: (error: unknown) => void
}

/** A session of an earlier process, or of another node, that a client proves by its resume token. */
export interface FormerSession extends Former {
  readonly facts: NonNullable<SessionStatement['facts']>
  readonly claim: RoomClaim | undefined
  readonly wasInRoom: boolean
  /** Whether a process that has ended may have had the session. Then it is restored from its token alone. */
  readonly isOfEarlierProcess: boolean
}

/**
 * Returns the session of an earlier process that the resume token proves; undefined if it cannot be restored
 * at this site.
 */
export function findFormer(
  resume: MessageOf<'hello'>['resume'],
  site: Site,
  { formerSessions, hasOtherNodes }: FormerSessionContext,
): FormerSession | undefined {
  // A client that does not count the frames it sends cannot continue a session, because frames might be
  // handled twice.
  if (!resume || resume.sent === null) return undefined
  if (Math.max(resume.received, resume.sent) > maxFormerFrames) return undefined
  const { sessionId: id, facts, welcomes = 0 } = formerSessions.open(resume.token) ?? {}
  if (id === undefined || !facts || facts.site !== site.key) return undefined
  if (!formerSessions.canRestore(id) && !hasOtherNodes) return undefined
  // The site requires site tokens now, and this session was created without one.
  if (site.verifyToken && facts.subject === undefined) return undefined
  // The site has other age bands now.
  if (!site.isKnownBand(facts.band)) return undefined
  const { roomToken, received, sent } = resume
  const claim = roomToken === null ? undefined : formerSessions.findRoom(roomToken, id)
  return {
    id,
    facts,
    welcomes,
    // All frames that the client has sent count as handled, so that the client sends none again.
    counts: { received: sent, sent: received },
    missed: [],
    isOfEarlierProcess: formerSessions.canRestore(id),
    claim: claim && site.isAllowedMode(claim.mode) ? claim : undefined,
    wasInRoom: roomToken !== null,
  }
}

/**
 * Takes the session over. Resolves as {@link Engine.adopt} does, or with a refusal for two seconds if `adopt` rejects,
 * because it is not known then which node has the session.
 */
export async function takeOver(
  { id, facts, welcomes }: FormerSession,
  { adopt, onInternalError }: FormerSessionContext,
): Promise<Adopted | 'elsewhere' | Refusal | undefined> {
  try {
    return await adopt(id, facts.site, welcomes)
  } catch (error) {
    onInternalError(error)
    return refusal('server-full', 'the server cannot continue sessions at present', 2000)
  }
}

/** Returns the session with what its former node has kept. */
export function continueFrom(
  former: FormerSession,
  { frames, received = former.counts.received }: Adopted,
): FormerSession {
  const { sent } = former.counts
  const missed = frames.filter(({ sentBefore = sent }) => sentBefore >= sent)
  return { ...former, counts: { sent, received }, missed: missed.map(({ frame }) => frame) }
}
