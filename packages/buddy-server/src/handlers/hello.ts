import type { MessageOf } from '@buddy-chat/protocol'
import { cleanText } from '@buddy-chat/protocol'
import type { Engine } from '../engine/engine.ts'
import type { RoomClaim } from '../engine/room.ts'
import type { Refusal } from '../limits/refusal.ts'
import { refusal } from '../limits/refusal.ts'
import type { PersonKeys, Visitor } from '../safety/person-keys.ts'
import { newVisitor } from '../safety/person-keys.ts'
import type { Safety } from '../safety/safety.ts'
import type { Identity } from '../sessions/identity.ts'
import type { Session } from '../sessions/session.ts'
import type { SessionAdmission } from '../sessions/session-admission.ts'
import type { SessionLink } from '../sessions/session-link.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Site } from '../sites/site.ts'
import type { SiteClaims } from '../sites/site-token.ts'
import { SiteTokenError } from '../sites/site-token.ts'
import type { Upgrade } from '../transport/transport.ts'
import type { ConnectHookContext } from './connect-hook.ts'
import { askHook } from './connect-hook.ts'
import type { FormerSessionContext } from './former-session.ts'
import { continueFrom, findFormer, takeOver } from './former-session.ts'

/** The parts of the server that the answer to a `hello` uses. */
export interface HelloContext extends ConnectHookContext, FormerSessionContext {
  readonly sessions: Sessions
  readonly admission: SessionAdmission
  readonly createId: () => string
  readonly findBan: Safety['findBan']
  readonly findSite: (key: string) => Site | undefined
  readonly personKeys: PersonKeys
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  /** Makes sure that this node still has a session. */
  readonly confirm: Engine['confirm']
}

/** A client that has joined with a session, which is reserved for its connection. */
export interface Joined {
  readonly session: Session
  readonly site: Site
  /** How many frames of the session the client has received; undefined for a new session. */
  readonly received: number | undefined
  /** The visitor token of the client, if it is valid; otherwise the client gets a new one. */
  readonly visitorToken?: string | null | undefined
  /** Defined if the session is restored, because an earlier process had it. */
  readonly restored?: {
    /** The room that the client proves by a room token; undefined if it proves none. */
    readonly claim: RoomClaim | undefined
    readonly wasInRoom: boolean
  }
}

/** The connection that received the `hello`. */
export interface Caller {
  readonly upgrade: Upgrade
  readonly addressKey: string
  readonly link: SessionLink
  /** Returns false once the connection is closed or closing. */
  readonly isConnected: () => boolean
}

/**
 * Decides whether a client gets a session. The checks are, in this order: site, origin, resume, site token,
 * ban, hook, limits. A resumed session skips the later ones. Restored sessions pass every check except the
 * site token, which the earlier process verified.
 */
export async function handleHello(
  hello: MessageOf<'hello'>,
  caller: Caller,
  context: HelloContext,
): Promise<Joined | Refusal> {
  const { upgrade, addressKey, link, isConnected } = caller
  const { sessions, findSite, hasOtherNodes } = context
  const site = findSite(hello.site)
  if (!site) return refusal('unknown-site', 'this server has no site with that key')
  if (!site.isAllowedOrigin(upgrade)) {
    return refusal('origin-not-allowed', 'the site does not allow this origin')
  }
  if (hello.resume) {
    const { received } = hello.resume
    const refusedLost = await refuseUnconfirmed(hello.resume.token, caller, context)
    if (refusedLost) return refusedLost
    const refused = await refuseMoved(hello.resume.token, site, caller, context)
    if (refused) return refused
    const session = sessions.resume({ ...hello.resume, site: site.key }, { link, addressKey })
    if (session) return 'code' in session ? session : { session, site, received }
  }
  const former = findFormer(hello.resume, site, context)
  const visitor = former ? undefined : context.personKeys.openVisitor(site.key, hello.visitor ?? '')
  const identity = former ? former.facts : await introduce(hello, site, visitor, context)
  if ('code' in identity) return identity
  const ban = refuseBanned(identity, addressKey, context)
  if (ban) return ban
  const admitted = await askHook(
    identity,
    { upgrade, proof: hello.proof ?? undefined, isRestored: former !== undefined },
    context,
  )
  if ('code' in admitted) return admitted
  // If the client has disconnected meanwhile, no session is created.
  if (!isConnected()) return refusal('refused', 'the connection has closed')
  // While the hook decided, an operator or a rule may have banned the person.
  const lateBan = context.onConnect && refuseBanned(identity, addressKey, context)
  if (lateBan) return lateBan
  const adopted = former && hasOtherNodes ? await takeOver(former, context) : undefined
  if (typeof adopted === 'object' && 'code' in adopted) return adopted
  // During the takeover, the client may have come back by another connection, which must keep the session.
  if (!isConnected()) return refusal('refused', 'the connection has closed')
  // Another connection may have restored the session. Then it can be resumed.
  if (former && sessions.find(former.id)) return handleHello(hello, caller, context)
  if (adopted === 'elsewhere' || (former && !adopted && !former.isOfEarlierProcess)) {
    // No node has the session any more, or the session continues at another connection. So the client gets a new one.
    return handleHello({ ...hello, resume: null }, caller, context)
  }
  // A restored session keeps its name, because its partner knows it by that name.
  const who = former ? identity : admitted
  const restored = former && (adopted ? continueFrom(former, adopted) : former)
  const sessionId = former?.id ?? context.createId()
  const { admission } = context
  const refused =
    sessions.refuseIfFull() ?? (await admission.admit({ sessionId, identity: who, addressKey }))
  if (refused) return refused
  // In the same time, another connection may have restored the session, the client may have disconnected, or another
  // node may have banned the person.
  if (former && isConnected() && sessions.find(former.id)) {
    return handleHello(hello, caller, context)
  }
  const late = isConnected()
    ? hasOtherNodes && refuseBanned(identity, addressKey, context)
    : refusal('refused', 'the connection has closed')
  const session = late || sessions.create(who, { link, addressKey }, restored, sessionId)
  if ('code' in session) {
    admission.cancel(sessionId)
    return session
  }
  if (!restored) {
    const visitorToken = visitor && hello.visitor
    return { session, site, received: undefined, visitorToken }
  }
  const { claim, wasInRoom, counts } = restored
  return { session, site, received: counts.sent, restored: { claim, wasInRoom } }
}

/**
 * Makes sure that this node still has the session that the client wants to resume. Otherwise its client would continue
 * a state that is out of date.
 * @returns a refusal if the client has disconnected meanwhile
 */
async function refuseUnconfirmed(
  token: string,
  { isConnected }: Caller,
  { sessions, confirm }: HelloContext,
): Promise<Refusal | undefined> {
  const session = sessions.findByToken(token)
  const confirmed = session && confirm(session.id, sessions.welcomesIn(token))
  if (!confirmed) return undefined
  await confirmed
  return isConnected() ? undefined : refusal('refused', 'the connection has closed')
}

/**
 * If the client comes from another address than its session did before, takes a place at that address.
 * @returns a refusal if the address is full, or the client has disconnected meanwhile
 */
async function refuseMoved(
  token: string,
  site: Site,
  { addressKey, isConnected }: Caller,
  { sessions, admission }: HelloContext,
): Promise<Refusal | undefined> {
  const session = sessions.findByToken(token)
  if (!session || session.identity.site !== site.key) return undefined
  if (session.addressKey === addressKey) return undefined
  const { id: sessionId, identity } = session
  const refused = await admission.admit({ sessionId, identity, addressKey })
  if (refused || isConnected()) return refused
  return refusal('refused', 'the connection has closed')
}

function refuseBanned(
  identity: Identity,
  addressKey: string,
  { findBan }: HelloContext,
): Refusal | undefined {
  const ban = findBan(identity, addressKey)
  return ban && { ...refusal('banned', 'this user is banned'), measure: ban.measure }
}

/** Returns the identity of a new client, from its site token or from its `hello`. */
async function introduce(
  hello: MessageOf<'hello'>,
  site: Site,
  visitor: Visitor | undefined,
  { wallNow }: HelloContext,
): Promise<Identity | Refusal> {
  const claims = await readToken(hello.token, site)
  if ('code' in claims) return claims
  return {
    // Empty if the user gave no name. The partner's client then shows a word for it in its own language.
    name: cleanText(claims.name ?? hello.name),
    site: site.key,
    subject: claims.subject,
    lobby: claims.lobby,
    ...(visitor ?? newVisitor(wallNow())),
    attributes: claims.attributes ?? {},
    band: claims.band ?? site.defaultBand,
  }
}

async function readToken(
  token: string | null,
  { verifyToken }: Site,
): Promise<Partial<SiteClaims> | Refusal> {
  // If a site does not require site tokens, they are ignored.
  if (!verifyToken) return {}
  if (token === null) return refusal('token-required', 'this site requires a token')
  try {
    return await verifyToken(token)
  } catch (error) {
    if (!(error instanceof SiteTokenError)) throw error
    return refusal(error.code, error.message)
  }
}
