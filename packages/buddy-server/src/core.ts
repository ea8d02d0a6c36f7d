import { randomBytes } from 'node:crypto'
import type { MessageOf } from '@buddy-chat/protocol'
import type { Clock } from './clock.ts'
import type { ResolvedServerOptions } from './config/server-settings.ts'
import type { Counts } from './counts.ts'
import { countBySite } from './counts.ts'
import type { Notify } from './events.ts'
import type { HandlerContext } from './handlers/context.ts'
import { tell } from './handlers/context.ts'
import type { HelloContext, Joined } from './handlers/hello.ts'
import { leave } from './handlers/leave.ts'
import type { BuddyServerHooks } from './hooks.ts'
import type { Bans } from './limits/bans.ts'
import { ReportedPeople } from './sessions/reported-people.ts'
import { Matchmaker } from './matchmaker.ts'
import { Moderation } from './moderation.ts'
import { Reunions } from './reunions.ts'
import { Rooms } from './rooms.ts'
import { createResumeTokens } from './sessions/resume-token.ts'
import type { Session, SessionLink } from './sessions/session.ts'
import { Sessions } from './sessions/sessions.ts'
import { checkWelcome } from './sites/check-welcome.ts'
import { IceRefresh } from './sites/ice-refresh.ts'
import { createOriginCheck } from './sites/origin-check.ts'
import type { Site } from './sites/site.ts'
import { forEachInSlices } from './slices.ts'
import { createSites } from './sites/site.ts'
import type { Upgrade } from './transport/transport.ts'

interface CoreDependencies {
  /** As they are now: a reload may change them. */
  readonly settings: () => ResolvedServerOptions
  readonly clock: Clock
  readonly notify: Notify
  readonly hooks: BuddyServerHooks
  readonly bans: Bans
  readonly addressOf: (upgrade: Upgrade) => string
  readonly onRelayed: HandlerContext['onRelayed']
  readonly onInternalError: (error: unknown) => void
}

/** Sessions, queue and rooms of one server, and the rules between them. No sockets. */
export interface Core {
  readonly sessions: Sessions
  readonly rooms: Rooms
  readonly matchmaker: Matchmaker<Session>
  readonly handlers: HandlerContext
  readonly hello: HelloContext
  readonly sites: () => Iterable<Site>
  /** Takes the same time however many users there are. */
  counts(): Counts
  /** By the site's key. Looks at every session; sites without one are left out. */
  countsBySite(): ReadonlyMap<string, Counts>
  /** Whether a page of this origin may use any of the sites. */
  isKnownOrigin(upgrade: Pick<Upgrade, 'origin' | 'host'>): boolean
  welcome(joined: Joined): MessageOf<'welcome'>
  /** Settings have changed. */
  reload(): void
  /** Ends sessions that have been idle for too long, over several turns of the event loop. */
  sweepSessions(): Promise<void>
  /** Ends rooms in which neither member is present, over several turns of the event loop. */
  sweepRooms(): Promise<void>
}

const allOrigins = ({ allowedOrigins, sites }: ResolvedServerOptions): readonly string[] => [
  ...allowedOrigins,
  ...sites.flatMap((site) => site.allowedOrigins),
]

const newId = (): string => randomBytes(12).toString('base64url')

/**
 * Makes the core of a server.
 * @throws InvalidWelcomeError if clients cannot use an option (see `check-welcome.ts`)
 */
export function createCore(dependencies: CoreDependencies): Core {
  const { settings, clock, notify, hooks, bans, onInternalError } = dependencies
  let sites = createSites(settings())
  let isKnownOrigin = createOriginCheck(allOrigins(settings()))
  /** Sites that were taken out of the configuration while some of their people were here. */
  const formerSites = new Map<string, Site>()
  const siteOf = ({ identity: { site } }: Session): Site =>
    sites.get(site) ?? formerSites.get(site) ?? sites.get('')!
  const iceRefresh = new IceRefresh(clock, siteOf, Date.now)

  const tokens = createResumeTokens(settings().secretKey || newId())

  const sessions = new Sessions({
    clock,
    createId: newId,
    tokens,
    wallNow: Date.now,
    maxUsers: () => settings().maxUsers,
    maxUsersOf: (site) => sites.get(site)?.maxUsers,
    maxSessionsPerAddress: () => settings().maxSessionsPerAddress,
    mayGiveWay: ({ room }) => !room || rooms.isAbandoned(room),
    graceMs: () => settings().resumeGraceMs,
    maxReplayBytes: () => settings().maxResumeBytes,
    onOverflow: (session) => {
      // Its partner sends too much. The session must not end for what another client does.
      session.replaceMissed(rooms.leave(session, 'lost'))
    },
    onAway: (session) => {
      // Nobody is matched with an empty chair.
      matchmaker.withdraw(session.id)
      rooms.handleAway(session)
      notify('away', { session })
    },
    onEnded: (session, reason) => {
      iceRefresh.end(session)
      leave(session, reason === 'left' ? 'left' : 'lost', { matchmaker, rooms, reunions })
      notify('ended', { session, reason })
    },
  })
  const rooms: Rooms = new Rooms({
    maxRooms: () => settings().maxRooms,
    createId: newId,
    roomTokenOf: ({ id }, self, partner) => {
      if (!self.wish || settings().resumeGraceMs === 0) return null
      const { mode, lobby } = self.wish
      const [roomId, sessionId, partnerId] = [id, self.id, partner.id]
      return tokens.sealSeat({ roomId, sessionId, partnerId, mode, lobby, openedAtMs: Date.now() })
    },
    clock,
    onReopened: (room) => notify('reopened', { room }),
    onOpened: (room, waitsMs) => notify('matched', { room, waitsMs }),
    onEnded: (room, leaver, reason) => {
      notify('parted', { room, leaver, reason, durationMs: clock.now() - room.openedAtMs })
    },
    onFreed: () => matchmaker.handleRoomFreed(),
  })
  const reunions: Reunions = new Reunions({
    clock,
    rooms,
    findSession: (id) => sessions.find(id),
    leftMs: () => sessions.restoreLeftMs,
    maxKeptBytes: () => settings().maxResumeBytes,
    wallNow: Date.now,
  })
  const matchmaker: Matchmaker<Session> = new Matchmaker<Session>({
    clock,
    rematchDelayMs: () => settings().rematchDelayMs,
    canOpenRoom: () => rooms.canOpen,
    onMatch: (waited, arrived, waitsMs) => rooms.open(waited, arrived, waitsMs),
  })

  const moderation =
    hooks.onText &&
    new Moderation({ clock, rooms, onText: (line) => hooks.onText?.(line), tell, onInternalError })

  function welcome({ session, site, missed, restored }: Joined): MessageOf<'welcome'> {
    iceRefresh.begin(session)
    return {
      type: 'welcome',
      session: session.id,
      name: session.name,
      heartbeatMs: settings().pingIntervalMs,
      iceServers: site.iceServersFor(session.id, Date.now()),
      resumeToken: sessions.tokenOf(session),
      received: missed ? session.received : null,
      allowsText: site.isTextAllowed,
      allowsVideo: site.isVideoAllowed,
      isRestored: restored !== undefined,
    }
  }
  /** Talks to a partner, or waits for one: no sign of life is expected of it. */
  const isOccupied = (session: Session): boolean =>
    session.room !== undefined ||
    reunions.isAwaiting(session) ||
    (session.isSearching && session.link !== undefined)
  const counts = (): Counts => ({
    users: sessions.size,
    away: sessions.awaySize,
    waiting: matchmaker.size,
    rooms: rooms.size,
  })
  const handlers: HandlerContext = {
    clock,
    sessions,
    rooms,
    reunions,
    matchmaker,
    counts,
    siteOf,
    reportedPeople: new ReportedPeople(() => clock.now()),
    notify,
    moderation,
    onInternalError,
    onRelayed: dependencies.onRelayed,
  }
  checkWelcome(sites.values(), settings())

  return {
    sessions,
    rooms,
    matchmaker,
    welcome,
    sites: () => sites.values(),
    counts,
    countsBySite: () => countBySite(sessions),
    isKnownOrigin: (upgrade) => isKnownOrigin(upgrade),
    handlers,
    hello: {
      sessions,
      bans,
      findSite: (key) => sites.get(key),
      addressOf: dependencies.addressOf,
      onConnect: hooks.onConnect && ((person) => hooks.onConnect?.(person)),
      onInternalError,
    },
    reload: () => {
      const renewed = createSites(settings())
      checkWelcome(renewed.values(), settings())
      // Not at once: a hook may still be deciding about a client that has sent its hello.
      for (const key of formerSites.keys()) if (sessions.sizeOf(key) === 0) formerSites.delete(key)
      for (const [key, site] of sites) if (!renewed.has(key)) formerSites.set(key, site)
      sites = renewed
      isKnownOrigin = createOriginCheck(allOrigins(settings()))
    },
    sweepSessions: async () => {
      const { userTimeoutMs } = settings()
      if (userTimeoutMs === 0) return
      await forEachInSlices(sessions, (session) => {
        if (isOccupied(session) || clock.now() - session.lastActiveMs < userTimeoutMs) return
        dismiss(session, 'idle-timeout', 'nothing was done for too long')
        sessions.end(session, 'idle')
      })
    },
    sweepRooms: () => rooms.sweep(clock.now() - settings().roomCleanupIntervalMs),
  }
}

/** Says why, and ends the connection. The session is the caller's business. */
export function dismiss(session: Session, code: 'idle-timeout' | 'banned', message: string): void {
  const link: SessionLink | undefined = session.link
  if (!link) return
  session.send({ type: 'error', code, message, retryAfterMs: null })
  link.close(code)
}
