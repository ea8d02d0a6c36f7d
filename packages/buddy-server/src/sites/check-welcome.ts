import { maxFieldBytes } from '@buddy-chat/protocol'
import { encode } from '../codec.ts'
import { iceUrlFault, shownIceUrl } from '../config/ice-url.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { Site } from './site.ts'

/**
 * Thrown if the `welcome` message of a site cannot be encoded, or if browsers would refuse its ICE servers.
 * The message names the site.
 */
export class InvalidWelcomeError extends Error {
  override readonly name = 'InvalidWelcomeError'
}

/**
 * Checks that the server can send `welcome` to every client of these sites. The message must be encodable
 * even with the longest name, id and token, and browsers must accept every ICE URL in it.
 * @throws InvalidWelcomeError if one of these is not so
 */
export function checkWelcome(
  sites: Iterable<Site>,
  { pingIntervalMs }: Pick<ResolvedServerOptions, 'pingIntervalMs'>,
): void {
  for (const site of sites) {
    const iceServers = site.iceServersFor('s'.repeat(maxFieldBytes.sessionId), Date.now())
    try {
      // The URLs are checked here again, because the options of `createBuddyServer` are not checked by the
      // schemas of the settings.
      for (const url of iceServers.flatMap(({ urls }) => urls)) checkIceUrl(url)
      encode({
        type: 'welcome',
        session: 's'.repeat(maxFieldBytes.sessionId),
        name: 'n'.repeat(maxFieldBytes.name),
        heartbeatMs: pingIntervalMs,
        iceServers,
        resumeToken: 't'.repeat(maxFieldBytes.resumeToken),
        received: 0,
        allowsText: true,
        allowsVideo: true,
        isRestored: false,
        visitorToken: 't'.repeat(maxFieldBytes.visitorToken),
      })
    } catch (cause) {
      const source = site.key === '' ? 'ICE_SERVERS, TURN_URLS' : `site ${site.key}`
      throw new InvalidWelcomeError(
        `clients cannot use these options: ${String(cause)} (${source})`,
        { cause },
      )
    }
  }
}

function checkIceUrl(url: string): void {
  const fault = iceUrlFault(url)
  if (fault !== undefined)
    throw new TypeError(`the ICE URL ${shownIceUrl(url)} is invalid: ${fault}`)
}
