import type { MessageOf } from '@buddy-chat/protocol'
import type { Clock } from '../clock.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { Counts } from './counts.ts'
import { countBySite, NodeCounts } from './counts.ts'
import type { Engine } from '../engine/engine.ts'
import type { EngineDependencies } from '../engine/memory/memory-engine.ts'
import { MemoryEngine } from '../engine/memory/memory-engine.ts'
import { partnerSeat } from '../engine/room.ts'
import type { Notify } from '../events.ts'
import { createNotify } from '../events.ts'
import { sendUnknownRoom } from '../handlers/block.ts'
import type { HandlerContext } from '../handlers/context.ts'
import type { HelloContext, Joined } from '../handlers/hello.ts'
import { handleReported } from '../handlers/report.ts'
import { TextReview } from '../handlers/text-review.ts'
import type { BuddyServerHooks } from '../hooks/hooks.ts'
import { Bans } from '../limits/bans.ts'
import { newId } from '../ids.ts'
import { randomBytes } from '../random-bytes.ts'
import { newForMs } from '../safety/new-visitors.ts'
import { Safety } from '../safety/safety.ts'
import type { SafetyDependencies } from '../safety/safety-state.ts'
import type { Store, StoredPair } from '../safety/store.ts'
import { createPersonKeys } from '../safety/person-keys.ts'
import { TextGate } from '../safety/text-gate.ts'
import { createKeyedHash } from '../safety/text-sketch.ts'
import { dismiss } from '../sessions/dismiss.ts'
import { FormerSessions } from '../sessions/former-sessions.ts'
import type { ParticipantContext } from '../sessions/participant-context.ts'
import { Participant } from '../sessions/participant.ts'
import { createResumeTokens } from '../sessions/resume-token.ts'
import { SessionAdmission } from '../sessions/session-admission.ts'
import { Sessions } from '../sessions/sessions.ts'
import { IceRefresh } from '../sites/ice-refresh.ts'
import type { Site } from '../sites/site.ts'
import { SiteRegistry } from '../sites/site-registry.ts'
import { forEachInSlices } from '../slices.ts'
import type { Upgrade } from '../transport/transport.ts'

interface CoreDependencies {
  /** Returns the present settings, which a reload may change. */
  readonly settings: () => ResolvedServerOptions
  readonly clock: Clock
  readonly notify: Notify
  readonly hooks: BuddyServerHooks
  readonly addressOf: (upgrade: Upgrade) => string
  readonly onRelayed: HandlerContext['onRelayed']
  /** Called when a session has left its room, or its partner has lost the connection. */
  readonly onCallInterrupted: ParticipantContext['onCallInterrupted']
  readonly onInternalError: (error: unknown) => void
  /** Returns milliseconds since 1970. @default Date.now */
  readonly wallNow?: () => number
  /** The id of this server process. @default a random one */
  readonly nodeId?: string
  /** The log of reports and decisions that several servers share. @default this server is alone */
  readonly sharedLog?: SafetyDependencies['shared']
  /** Creates the engine. @default creates an engine in the memory of this process */
  readonly createEngine?: (dependencies: EngineDependencies) => Engine
}

/** The sessions, the sites and the engine of a server, without sockets, HTTP and operations. */
export interface Core {
  readonly engine: Engine
  readonly sessions: Sessions
  readonly sites: Pick<SiteRegistry, 'isKnownOrigin'> & { values(): Iterable<Site> }
  readonly handlers: HandlerContext
  readonly hello: HelloContext
  /** Returns the counts of all nodes. Takes constant time. */
  counts(): Counts
  /** Returns the counts of this node. */
  nodeCounts(): Counts
  /**
   * Returns the counts of each site at this node by its key. Sites without sessions are left out. Visits every session.
   */
  countsBySite(): ReadonlyMap<string, Counts>
  welcome(joined: Joined): MessageOf<'welcome'>
  readonly safety: Safety
  /** Uses a store from now on. Call this before the first client. */
  openStore(store: Store): void
  /** Adds the pairs of the store again to those of an engine, or of one of its shards, which has lost them. */
  restorePairs(pairs: Engine['pairs']): void
  /** Applies changed settings to the sites. The caller calls `engine.reload()` too. */
  reload(): void
  /**
   * Ends sessions that have been idle for longer than the setting allows, over several turns of the event
   * loop.
   */
  sweepSessions(): Promise<void>
  /**
   * Ends rooms in which both sessions have been away for the set time, over several turns of the event loop.
   */
  sweepRooms(): Promise<void>
}

/**
 * Creates the sessions, the sites and the engine of a server, and connects them with each other and with the
 * limits in its settings.
 * @throws InvalidWelcomeError if `welcome` cannot be encoded with these settings, or browsers would refuse
 *   its ICE servers (see `check-welcome.ts`)
 */
export function createCore(dependencies: CoreDependencies): Core {
  const { settings, clock, hooks, onInternalError } = dependencies
  const { createEngine = (given) => new MemoryEngine(given) } = dependencies
  const { wallNow = Date.now } = dependencies
  const notify: Notify = (name, event) => {
    dependencies.notify(name, event)
    toSafety(name, event)
  }
  const bans = new Bans(() => clock.now())
  const sites = new SiteRegistry(settings())
  const siteOf: HandlerContext['siteOf'] = (session) => sites.siteOf(session)
  const iceRefresh = new IceRefresh(clock, siteOf, wallNow)
  const secretKey = settings().secretKey || newId()
  const tokens = createResumeTokens(secretKey)
  const personKeys = createPersonKeys(secretKey)
  const graceMs = (): number => settings().resumeGraceMs
  const formerSessions = new FormerSessions({ clock, wallNow, tokens, graceMs })

  const engine = createEngine({
    clock,
    wallNow,
    createId: newId,
    bans,
    onBanned: (keys) => void safety.handleBanned(keys).catch(onInternalError),
    maxRooms: () => settings().maxRooms,
    scheduleOf: (site) => sites.siteOf({ identity: { site } }).widenSchedule,
    avoidRecentMs: () => settings().avoidRecentMs,
    avoidRecentCount: () => settings().avoidRecentCount,
    rematchDelayMs: () => settings().rematchDelayMs,
    blockMs: () => settings().blockMs,
    fairLimits: () => ({
      matchesPerMinute: settings().fairMatchesPerMinute,
      sharePercent: settings().fairSharePercent,
    }),
    restoreLeftMs: () => formerSessions.leftMs,
    observer: {
      onOpened: (room, waitsMs) => notify('matched', { room, waitsMs }),
      onRestored: (room) => notify('reopened', { room }),
      onEnded: (room, leaverId, reason, durationMs) =>
        notify('parted', { room, leaverId, reason, durationMs }),
      onPair: (kind, personA, personB, untilMs) =>
        safety.handlePair({ kind, personA, personB, untilMs }),
    },
    onError: onInternalError,
  })
  const nodeId = dependencies.nodeId ?? newId()
  const participants: ParticipantContext = {
    engine,
    nodeId,
    region: settings().region,
    now: () => clock.now(),
    online: () => counts().users,
    roomTokenOf: (room, seat) => {
      if (graceMs() === 0) return null
      const { id: roomId, mode, lobby, openedAtMs } = room
      const { sessionId } = room.seats[seat]
      const { sessionId: partnerId, personKey: partnerKey } = partnerSeat(room, seat)
      return tokens.sealRoom({
        roomId,
        sessionId,
        partnerId,
        mode,
        lobby,
        openedAtMs,
        partnerKey,
      })
    },
    delayMsOf: ({ personKey }) => safety.slowMsFor(personKey),
    maxHeldBytes: () => settings().maxResumeBytes,
    onTaken: ({ id }, welcomes) => sessions.give(id, welcomes),
    onCallInterrupted: dependencies.onCallInterrupted,
    onMet: ({ personKey }) => safety.handleMet(personKey),
    onUnknownRoom: sendUnknownRoom,
    onReported: (session, report) => handleReported(session, report, { safety, notify }),
  }
  const sessions = new Sessions({
    clock,
    createId: newId,
    tokens,
    formerSessions,
    personKeyOf: (identity) => personKeys.personKey(identity),
    createParticipant: (session, isRestored) => new Participant(session, participants, isRestored),
    wallNow,
    newForMs: (identity) => newForMs(identity, wallNow(), settings().newVisitorMs),
    maxUsers: () => settings().maxUsers,
    maxUsersOf: (site) => sites.find(site)?.maxUsers,
    maxSessionsPerAddress: () => settings().maxSessionsPerAddress,
    graceMs,
    maxReplayBytes: () => settings().maxResumeBytes,
    onOverflow: (session) => {
      // The partner has sent too much. Only the room ends, because a client must not be able to end another
      // user's session.
      session.replaceMissed(session.participant.leave('lost'))
    },
    onAway: (session) => {
      session.participant.handleAway()
      notify('away', { session })
    },
    onEnded: (session, reason) => {
      iceRefresh.end(session)
      if (reason === 'stopped') session.participant.release(session.handover)
      else if (reason !== 'moved') session.participant.end(reason === 'left' ? 'left' : 'lost')
      notify('ended', { session, reason })
    },
  })
  const safety = new Safety({
    settings,
    rulesOf: (site) => sites.siteOf({ identity: { site } }).safety,
    clock,
    wallNow,
    createId: newId,
    keys: personKeys,
    bans: engine.bans,
    sessions,
    notify,
    onBlocked: ({ kind, personA, personB, untilMs }) =>
      engine.pairs.note(kind, personA, personB, untilMs),
    onError: onInternalError,
    shared: dependencies.sharedLog,
  })
  const toSafety = createNotify([safety.observer], onInternalError)
  const textKey = randomBytes(8)
  const textGate = new TextGate({
    settings,
    now: () => clock.now(),
    wallNow,
    hash: createKeyedHash([textKey.readUInt32LE(0), textKey.readUInt32LE(4)]),
    onRepeated: (session, roomId, rooms, isPersistent) =>
      safety.handleRepeatedText(session, roomId, rooms, isPersistent),
  })
  const textReview =
    hooks.onText &&
    new TextReview({ clock, onText: (text) => hooks.onText?.(text), onInternalError })
  const nodeCountsOf = new NodeCounts(sessions, clock)
  const counts = (): Counts => {
    const { users, ...rest } = engine.counts
    if (!engine.hasOtherNodes) return { users: sessions.size, away: sessions.awaySize, ...rest }
    const living = engine.nodes.filter(({ isLost }) => !isLost)
    const away = living.reduce((sum, node) => sum + node.away, 0)
    // The engine may not have answered yet.
    return { users: Math.max(users, sessions.size), away, ...rest }
  }
  const admission = new SessionAdmission({
    engine,
    nodeId,
    sessions,
    personKeyOf: (identity) => personKeys.personKey(identity),
    maxUsersOf: (site) => sites.find(site)?.maxUsers,
    maxSessionsPerAddress: () => settings().maxSessionsPerAddress,
  })
  const handlers: HandlerContext = {
    sessions,
    counts,
    siteOf,
    notify,
    textGate,
    textReview,
    onInternalError,
    onRelayed: dependencies.onRelayed,
  }

  const addPairs = (stored: Iterable<StoredPair>, pairs = engine.pairs): void => {
    for (const { kind, personA, personB, untilMs } of stored) {
      pairs.add(kind, personA, personB, untilMs)
    }
  }

  return {
    safety,
    openStore: (store) => addPairs(safety.open(store)),
    restorePairs: (pairs) => addPairs(safety.pairs(), pairs),
    engine,
    sessions,
    sites,
    handlers,
    hello: {
      sessions,
      admission,
      createId: newId,
      formerSessions,
      findBan: (identity, addressKey) => safety.findBan(identity, addressKey),
      personKeys,
      wallNow,
      hasOtherNodes: engine.hasOtherNodes,
      adopt: (...session) => engine.adopt(...session),
      confirm: (...session) => engine.confirm(...session),
      findSite: (key) => sites.find(key),
      addressOf: dependencies.addressOf,
      clock,
      isNewVisitor: (identity) => newForMs(identity, wallNow(), settings().newVisitorMs) > 0,
      onConnect: hooks.onConnect && ((person) => hooks.onConnect?.(person)),
      onInternalError,
    },
    counts,
    nodeCounts: () => (engine.hasOtherNodes ? nodeCountsOf.read() : counts()),
    countsBySite: () => countBySite(sessions),
    welcome: ({ session, site, received, restored, visitorToken }) => {
      iceRefresh.begin(session)
      return {
        type: 'welcome',
        session: session.id,
        name: session.identity.name,
        heartbeatMs: settings().pingIntervalMs,
        iceServers: site.iceServersFor(session.id, wallNow()),
        resumeToken: sessions.tokenOf(session),
        received: received === undefined ? null : session.received,
        allowsText: site.isTextAllowed,
        allowsVideo: site.isVideoAllowed,
        isRestored: restored !== undefined,
        visitorToken: visitorToken ?? personKeys.sealVisitor(site.key, session.identity),
      }
    },
    reload: () => sites.reload(settings(), (key) => sessions.sizeOf(key) > 0),
    sweepSessions: async () => {
      textGate.sweep()
      const { userTimeoutMs } = settings()
      if (userTimeoutMs === 0) return
      await forEachInSlices(sessions, (session) => {
        const isIdle = clock.now() - session.lastActiveMs >= userTimeoutMs
        const isInUse = session.participant.isOccupied || session.pendingLink !== undefined
        if (isIdle && !isInUse) dismiss(session, 'idle', sessions)
      })
    },
    sweepRooms: () => engine.sweep(settings().roomCleanupIntervalMs),
  }
}
