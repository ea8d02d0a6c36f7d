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

/** The sites of the configuration, and those that a reload has removed while they had sessions. */
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

  /** The site with this key, if the configuration has it. */
  find(key: string): Site | undefined {
    return this.#sites.get(key)
  }

  /** The site of a session. A site that a reload has removed stays as it was. */
  siteOf({ identity: { site } }: { readonly identity: { readonly site: string } }): Site {
    return this.#sites.get(site) ?? this.#removed.get(site) ?? this.#sites.get('')!
  }

  values(): Iterable<Site> {
    return this.#sites.values()
  }

  /** Whether a page of this origin may use any of the sites. */
  isKnownOrigin(upgrade: Pick<Upgrade, 'origin' | 'host'>): boolean {
    return this.#isKnownOrigin(upgrade)
  }

  /**
   * Takes new settings.
   * @param isInUse whether a site has sessions, by its key
   * @throws InvalidWelcomeError if clients cannot use an option; then nothing has changed
   */
  reload(settings: ResolvedServerOptions, isInUse: (key: string) => boolean): void {
    const renewed = createSites(settings)
    checkWelcome(renewed.values(), settings)
    // Sites that this reload removes stay for now: a hook may be deciding about a client of theirs.
    for (const key of this.#removed.keys()) if (!isInUse(key)) this.#removed.delete(key)
    for (const [key, site] of this.#sites) if (!renewed.has(key)) this.#removed.set(key, site)
    this.#sites = renewed
    this.#isKnownOrigin = createOriginCheck(allOrigins(settings))
  }
}
