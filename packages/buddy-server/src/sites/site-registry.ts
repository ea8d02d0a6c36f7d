import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { Upgrade } from '../transport/transport.ts'
import { checkWelcome } from './check-welcome.ts'
import { createOriginCheck } from './origin-check.ts'
import type { Site } from './site.ts'
import { createSites } from './site.ts'

const allOrigins = ({ allowedOrigins, sites }: ResolvedServerOptions): readonly string[] => [
  ...allowedOrigins,
  ...sites.flatMap((site) => site.allowedOrigins),
]

/**
 * The sites of the configuration. It also keeps sites that a reload has removed, as long as they have
 * sessions.
 */
export class SiteRegistry {
  #sites: ReadonlyMap<string, Site>
  #isKnownOrigin: (upgrade: Pick<Upgrade, 'origin' | 'host'>) => boolean
  readonly #removed = new Map<string, Site>()

  /** @throws InvalidWelcomeError if clients cannot use an option (see `check-welcome.ts`) */
  constructor(settings: ResolvedServerOptions) {
    this.#sites = createSites(settings)
    this.#isKnownOrigin = createOriginCheck(allOrigins(settings))
    checkWelcome(this.#sites.values(), settings)
  }

  /** Returns the site with this key; undefined if the configuration has none. */
  find(key: string): Site | undefined {
    return this.#sites.get(key)
  }

  /** Returns the site of a session. A site that a reload has removed keeps its last settings. */
  siteOf({ identity: { site } }: { readonly identity: { readonly site: string } }): Site {
    return this.#sites.get(site) ?? this.#removed.get(site) ?? this.#sites.get('')!
  }

  values(): Iterable<Site> {
    return this.#sites.values()
  }

  /** Returns whether at least one site allows this origin. */
  isKnownOrigin(upgrade: Pick<Upgrade, 'origin' | 'host'>): boolean {
    return this.#isKnownOrigin(upgrade)
  }

  /**
   * Applies new settings.
   * @param isInUse returns whether a site has sessions, by its key
   * @throws InvalidWelcomeError if clients cannot use an option; then nothing has changed
   */
  reload(settings: ResolvedServerOptions, isInUse: (key: string) => boolean): void {
    const renewed = createSites(settings)
    checkWelcome(renewed.values(), settings)
    // Only sites that an earlier reload has removed are deleted here. Those that this reload removes are kept
    // even without sessions, because a hook may be deciding about a client of theirs.
    for (const key of this.#removed.keys()) if (!isInUse(key)) this.#removed.delete(key)
    for (const [key, site] of this.#sites) if (!renewed.has(key)) this.#removed.set(key, site)
    this.#sites = renewed
    this.#isKnownOrigin = createOriginCheck(allOrigins(settings))
  }
}
