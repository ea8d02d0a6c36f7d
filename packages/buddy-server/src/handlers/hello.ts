import type { MessageOf } from '@buddy-chat/protocol'
import { cleanText, maxFieldBytes } from '@buddy-chat/protocol'
import type { BuddyServerHooks } from '../hooks.ts'
import type { Bans } from '../limits/bans.ts'
import type { Refusal } from '../limits/refusal.ts'
import { refusal } from '../limits/refusal.ts'
import type { Seat, SessionStatement } from '../sessions/resume-token.ts'
import type { Identity, Session, SessionLink } from '../sessions/session.ts'
import type { Former, Sessions } from '../sessions/sessions.ts'
import type { Site } from '../sites/site.ts'
import type { SiteClaims } from '../sites/site-token.ts'
import { SiteTokenError } from '../sites/site-token.ts'
import type { Upgrade } from '../transport/transport.ts'

/** More than any session has; the counts go on from there, and the wire ends at twice as many. */
const maxFormerFrames = 0x7fff_ffff
/** A name for those who gave none. */
const stranger = 'Stranger'

/** What answering a hello takes. */
export interface HelloContext {
  readonly sessions: Sessions
  readonly bans: Bans
  readonly findSite: (key: string) => Site | undefined
  readonly addressOf: (upgrade: Upgrade) => string
  readonly onConnect: BuddyServerHooks['onConnect']
  readonly onInternalError: (error: unknown) => void
}

/** Somebody is in: newly, or again. */
export interface Joined {
  readonly session: Session
  readonly site: Site
  /** What a resumed session's client has missed; undefined: this process did not know the session. */
  readonly missed: readonly Uint8Array[] | undefined
  /** A process before this one had the session; it may have been in a room. */
  readonly restored?: {
    /** Undefined where it can prove none that may be open here. */
    readonly seat: Seat | undefined
    readonly wasInRoom: boolean
  }
}

/** What came with a hello beside its fields. */
export interface Caller {
  readonly upgrade: Upgrade
  readonly addressKey: string
  readonly link: SessionLink
  /** False as soon as the connection is gone: nobody is waiting any more. */
  readonly isConnected: () => boolean
}

/**
 * The rules of joining, in their order: site, origin, resume, token, ban, hook, caps. A session that
 * a process before this one had is held to all of them but the token, which it has shown there.
 */
export async function handleHello(
  hello: MessageOf<'hello'>,
  { upgrade, addressKey, link, isConnected }: Caller,
  context: HelloContext,
): Promise<Joined | Refusal> {
  const { sessions, bans, findSite } = context
  const site = findSite(hello.site)
  if (!site) return refusal('unknown-site', 'this server has no site of that key')
  if (!site.isAllowedOrigin(upgrade)) {
    return refusal('origin-not-allowed', 'this origin is not one of the site')
  }
  if (hello.resume) {
    const resumed = sessions.resume({ ...hello.resume, site: site.key }, { link, addressKey })
    if (resumed) return 'code' in resumed ? resumed : { ...resumed, site }
  }
  const former = findFormer(hello.resume, site, sessions)
  const identity = former ? former.facts : await introduce(hello, site)
  if ('code' in identity) return identity
  if (identity.subject !== undefined && bans.has(subjectBanKey(site.key, identity.subject))) {
    return refusal('banned', 'this user is banned for a time')
  }
  const admitted = await askHook(identity, upgrade, context)
  if ('code' in admitted) return admitted
  // Whoever has gone meanwhile takes no place.
  if (!isConnected()) return refusal('refused', 'gone')
  // While the hook thought, another tab may have been faster.
  if (former && sessions.find(former.id)) {
    return handleHello(hello, { upgrade, addressKey, link, isConnected }, context)
  }
  // To the partner it has the name it had.
  const who = former ? identity : admitted
  const session = sessions.create(who, { link, addressKey }, former)
  if ('code' in session) return session
  if (!former) return { session, site, missed: undefined }
  const { seat, wasInRoom } = former
  return { session, site, missed: [], restored: { seat, wasInRoom } }
}

/** What a client says of itself, as far as it is believed. */
async function introduce(hello: MessageOf<'hello'>, site: Site): Promise<Identity | Refusal> {
  const claims = await readToken(hello.token, site)
  if ('code' in claims) return claims
  return {
    name: cleanText(claims.name ?? hello.name) || stranger,
    site: site.key,
    subject: claims.subject,
    lobby: claims.lobby,
  }
}

interface FormerSession extends Former {
  readonly facts: NonNullable<SessionStatement['facts']>
  readonly seat: Seat | undefined
  readonly wasInRoom: boolean
}

/** The session that a client can prove to have had with a process before this one, at this site. */
function findFormer(
  resume: MessageOf<'hello'>['resume'],
  site: Site,
  sessions: Sessions,
): FormerSession | undefined {
  // A client that does not count what it sends cannot go on: something might come twice.
  if (!resume || resume.sent === null) return undefined
  if (Math.max(resume.received, resume.sent) > maxFormerFrames) return undefined
  const { sessionId: id, facts } = sessions.former(resume.token) ?? {}
  if (id === undefined || !facts || facts.site !== site.key) return undefined
  // The site asks for tokens since: this one has never shown any.
  if (site.verifyToken && facts.subject === undefined) return undefined
  const { roomToken, received, sent } = resume
  const seat = roomToken === null ? undefined : sessions.formerSeat(roomToken, id)
  return {
    id,
    facts,
    // What it has sent counts as handled, whether it was or not: nothing is to come twice.
    counts: { received: sent, sent: received },
    seat: seat && site.isAllowedMode(seat.mode) ? seat : undefined,
    wasInRoom: roomToken !== null,
  }
}

/** What bans by a site's subject count by. */
export const subjectBanKey = (site: string, subject: string): string =>
  JSON.stringify([site, subject])

async function readToken(
  token: string | null,
  { verifyToken }: Site,
): Promise<Partial<SiteClaims> | Refusal> {
  // A site that asks for none does not look at one either.
  if (!verifyToken) return {}
  if (token === null) return refusal('token-required', 'this site admits with a token only')
  try {
    return await verifyToken(token)
  } catch (error) {
    if (!(error instanceof SiteTokenError)) throw error
    return refusal(error.code, error.message)
  }
}

/** As much of it as a name may have, in whole characters. */
function cut(name: string): string {
  const bytes = Buffer.from(name)
  if (bytes.length <= maxFieldBytes.name) return name
  let end: number = maxFieldBytes.name
  // 10xxxxxx goes on with the character before it (RFC 3629 §3).
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

async function askHook(
  identity: Identity,
  upgrade: Upgrade,
  { onConnect, addressOf, onInternalError }: HelloContext,
): Promise<Identity | Refusal> {
  if (!onConnect) return identity
  const { site, name, subject } = identity
  const visitor = { origin: upgrade.origin, address: addressOf(upgrade) }
  try {
    const answer = await onConnect({ site, name, subject, ...visitor })
    if (answer === false) return refusal('refused', 'you were not let in')
    if (typeof answer !== 'object') return identity
    return { ...identity, name: cleanText(cut(cleanText(answer.name))) || name }
  } catch (error) {
    onInternalError(error)
    return refusal('refused', 'you could not be let in')
  }
}
