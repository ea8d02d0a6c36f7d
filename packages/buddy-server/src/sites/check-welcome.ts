import { encode, maxFieldBytes } from '@buddy-chat/protocol'
import { iceUrlFault, shownIceUrl } from '../config/ice-url.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { Site } from './site.ts'

/** A site has something for its clients that fits no frame or no browser; the message names the site. */
export class InvalidWelcomeError extends Error {
  override readonly name = 'InvalidWelcomeError'
}

/**
 * Makes sure that every client of these sites can be welcomed, whoever comes.
 * @throws InvalidWelcomeError
 */
export function checkWelcome(
  sites: Iterable<Site>,
  { pingIntervalMs }: Pick<ResolvedServerOptions, 'pingIntervalMs'>,
): void {
  for (const site of sites) {
    const iceServers = site.iceServersFor('s'.repeat(maxFieldBytes.sessionId), Date.now())
    try {
      // A program that makes a server gives options that no file was read for.
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
      })
    } catch (cause) {
      const whose = site.key === '' ? 'ICE_SERVERS, TURN_URLS' : `site ${site.key}`
      throw new InvalidWelcomeError(
        `clients cannot use these options: ${String(cause)} (${whose})`,
        { cause },
      )
    }
  }
}

function checkIceUrl(url: string): void {
  const fault = iceUrlFault(url)
  if (fault !== undefined) throw new TypeError(`the ICE URL ${shownIceUrl(url)} must be ${fault}`)
}
