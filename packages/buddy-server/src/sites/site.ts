import type { MessageOf, Mode } from '@buddy-chat/protocol'
import type { IceServer } from '../config/ice-server.ts'
import type { SiteOptions } from '../config/site-settings.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { WidenSchedule } from '../engine/may-meet.ts'
import type { Upgrade } from '../transport/transport.ts'
import { iceCredentials } from './ice-credentials.ts'
import { createOriginCheck } from './origin-check.ts'
import type { SiteClaims } from './site-token.ts'
import { createTokenVerifier } from './site-token.ts'

type IceServers = MessageOf<'welcome'>['iceServers']

/** A site that embeds Buddy, or the server's own pages. */
export interface Site {
  /** The site's public key. Empty for the server's own pages. */
  readonly key: string
  /** The maximum number of sessions. Undefined if only the server's maximum applies. */
  readonly maxUsers: number | undefined
  readonly isTextAllowed: boolean
  readonly isVideoAllowed: boolean
  /**
   * The lifetime of the credentials from {@link Site.iceServersFor}, in milliseconds. Undefined if they do
   * not expire.
   */
  readonly iceTtlMs: number | undefined
  /** Returns whether a page of this origin may connect. */
  isAllowedOrigin(upgrade: Pick<Upgrade, 'origin' | 'host'>): boolean
  /** The names of the signed attributes that tickets may ask for. */
  readonly attributes: readonly string[]
  /** The age band of users whose token has none; empty if the site has no bands. */
  readonly defaultBand: string
  /** How long a search requires a common interest, a common language and the same region. */
  readonly widenSchedule: WidenSchedule
  /** Returns whether the site has this age band. Without bands, every user is in the empty one. */
  isKnownBand(band: string): boolean
  isAllowedLobby(lobby: string): boolean
  isAllowedMode(mode: Mode): boolean
  /**
   * Returns the ICE servers for a session. If the site uses short-lived credentials, they are created for
   * this session.
   */
  iceServersFor(sessionId: string, nowMs: number): IceServers
  /**
   * Checks a site token. Rejects with SiteTokenError if the token is not accepted. Undefined if the site
   * requires no site tokens.
   */
  readonly verifyToken: ((token: string) => Promise<SiteClaims>) | undefined
  readonly safety: SafetyRules
}

/** The rules of a site for reports. A missing setting of the site is that of the server. */
export type SafetyRules = Pick<ResolvedServerOptions, (typeof safetyNames)[number]>

const safetyNames = [
  'appealUrl',
  'slowAfterReports',
  'banAfterReports',
  'reportWindowMs',
  'slowMs',
  'banMs',
] as const

const toWire = ({ urls, username, credential }: IceServer): IceServers[number] => ({
  urls,
  username: username ?? null,
  credential: credential ?? null,
})

function createSite(options: SiteOptions, server: ResolvedServerOptions): Site {
  const { key, lobbies, secret, publicKey, attributes = [], ageBands = [] } = options
  const fixed = (options.iceServers ?? server.iceServers).map(toWire)
  const turnUrls = options.turnUrls ?? server.turnUrls
  const turnSecret = options.turnSecret ?? server.turnSecret
  const turnTtlMs = options.turnTtlMs ?? server.turnTtlMs
  const isTextAllowed = options.isTextAllowed ?? true
  const isVideoAllowed = options.isVideoAllowed ?? true
  return {
    key,
    maxUsers: options.maxUsers,
    isTextAllowed,
    isVideoAllowed,
    iceTtlMs: turnUrls.length > 0 ? turnTtlMs : undefined,
    attributes,
    defaultBand: options.defaultAgeBand ?? '',
    widenSchedule: {
      interestsMs: options.widenInterestsMs ?? server.widenInterestsMs,
      languagesMs: options.widenLanguagesMs ?? server.widenLanguagesMs,
      regionMs: options.widenRegionMs ?? server.widenRegionMs,
    },
    isKnownBand: (band) => (ageBands.length === 0 ? band === '' : ageBands.includes(band)),
    isAllowedOrigin: createOriginCheck(options.allowedOrigins),
    isAllowedLobby: (lobby) => lobby === '' || !lobbies || lobbies.includes(lobby),
    isAllowedMode: (mode) =>
      (mode !== 'text' || isTextAllowed) && (mode !== 'video' || isVideoAllowed),
    iceServersFor: (user, nowMs) =>
      turnUrls.length === 0
        ? fixed
        : [
            ...fixed,
            {
              urls: turnUrls,
              ...iceCredentials({ secret: turnSecret, user, ttlMs: turnTtlMs, nowMs }),
            },
          ],
    verifyToken:
      secret || publicKey
        ? createTokenVerifier(key, { secret, publicKey, attributes, ageBands })
        : undefined,
    safety: Object.fromEntries(
      safetyNames.map((name) => [name, options[name] ?? server[name]]),
    ) as unknown as SafetyRules,
  }
}

/** Returns the sites of a server by their keys. The server's own site, for clients that name none, has the
 * empty key. */
export function createSites(options: ResolvedServerOptions): ReadonlyMap<string, Site> {
  const own: SiteOptions = { key: '', allowedOrigins: options.allowedOrigins }
  return new Map([own, ...options.sites].map((site) => [site.key, createSite(site, options)]))
}
