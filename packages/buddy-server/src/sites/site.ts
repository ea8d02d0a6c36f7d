import type { MessageOf, Mode } from '@buddy-chat/protocol'
import type { IceServer } from '../config/ice-server.ts'
import type { SiteOptions } from '../config/site-settings.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { Upgrade } from '../transport/transport.ts'
import { iceCredentials } from './ice-credentials.ts'
import { createOriginCheck } from './origin-check.ts'
import type { SiteClaims } from './site-token.ts'
import { createTokenVerifier } from './site-token.ts'

type IceServers = MessageOf<'welcome'>['iceServers']

/** One embedding customer, or the server's own pages. */
export interface Site {
  /** Empty is the server's own. */
  readonly key: string
  /** Sessions at a time; undefined: no cap but the server's. */
  readonly maxUsers: number | undefined
  readonly isTextAllowed: boolean
  readonly isVideoAllowed: boolean
  /** How long credentials from {@link Site.iceServersFor} are good for; undefined: for ever. */
  readonly iceTtlMs: number | undefined
  /** Whether a page of this origin may connect. */
  isAllowedOrigin(upgrade: Pick<Upgrade, 'origin' | 'host'>): boolean
  isAllowedLobby(lobby: string): boolean
  isAllowedMode(mode: Mode): boolean
  /** ICE servers for a session, with credentials of its own where the site has short-lived ones. */
  iceServersFor(sessionId: string, nowMs: number): IceServers
  /**
   * Checks a token; undefined where the site asks for none.
   * @throws SiteTokenError (as a rejection)
   */
  readonly verifyToken: ((token: string) => Promise<SiteClaims>) | undefined
}

const toWire = ({ urls, username, credential }: IceServer): IceServers[number] => ({
  urls,
  username: username ?? null,
  credential: credential ?? null,
})

function createSite(options: SiteOptions, server: ResolvedServerOptions): Site {
  const { key, lobbies, secret, publicKey } = options
  const lasting = (options.iceServers ?? server.iceServers).map(toWire)
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
    isAllowedOrigin: createOriginCheck(options.allowedOrigins),
    isAllowedLobby: (lobby) => lobby === '' || !lobbies || lobbies.includes(lobby),
    isAllowedMode: (mode) =>
      (mode !== 'text' || isTextAllowed) && (mode !== 'video' || isVideoAllowed),
    iceServersFor: (user, nowMs) =>
      turnUrls.length === 0
        ? lasting
        : [
            ...lasting,
            {
              urls: turnUrls,
              ...iceCredentials({ secret: turnSecret, user, ttlMs: turnTtlMs, nowMs }),
            },
          ],
    verifyToken: secret || publicKey ? createTokenVerifier(key, { secret, publicKey }) : undefined,
  }
}

/** Every site of a server, by its key; the server's own has the empty one. */
export function createSites(options: ResolvedServerOptions): ReadonlyMap<string, Site> {
  const own: SiteOptions = { key: '', allowedOrigins: options.allowedOrigins }
  return new Map([own, ...options.sites].map((site) => [site.key, createSite(site, options)]))
}
