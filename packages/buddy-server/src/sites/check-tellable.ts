import { encode } from '@buddy-chat/protocol'
import type { ResolvedServerOptions } from '../config/settings.ts'
import type { Site } from './site.ts'

/** A site has more to tell its clients than fits into a frame; the message names the site. */
export class UntellableError extends Error {
  override readonly name = 'UntellableError'
}

/**
 * Makes sure that every client of these sites can be welcomed, whoever comes.
 * @throws UntellableError
 */
export function checkTellable(
  sites: Iterable<Site>,
  { pingIntervalMs }: Pick<ResolvedServerOptions, 'pingIntervalMs'>,
): void {
  for (const site of sites) {
    try {
      encode({
        type: 'welcome',
        session: 's'.repeat(64),
        name: 'n'.repeat(128),
        heartbeatMs: pingIntervalMs,
        iceServers: site.iceServersFor('s'.repeat(64), Date.now()),
        resumeToken: 't'.repeat(1024),
        received: 0,
        allowsText: true,
        allowsVideo: true,
        isRestored: false,
      })
    } catch (cause) {
      const whose = site.key === '' ? 'ICE_SERVERS, TURN_URLS' : `site ${site.key}`
      throw new UntellableError(
        `clients cannot be told these options: ${String(cause)} (${whose})`,
        { cause },
      )
    }
  }
}
