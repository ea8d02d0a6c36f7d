/** Where a session counts. */
export interface Place {
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  /** The address in the form that limits compare. */
  readonly addressKey: string
}

/** How many sessions a site and an address may have, at all nodes together. */
export interface PlaceLimits {
  readonly maxOfSite: number
  readonly maxOfAddress: number
}

/** Why a session has no place. */
export interface NoPlace {
  readonly full: 'site' | 'address'
  /** By how much the number of sessions exceeds the limit; 0 if one place less would be enough. */
  readonly excess: number
}

/** Counts sessions by site and address. Takes constant time. */
export class Places {
  readonly #bySite = new Map<string, number>()
  readonly #byAddress = new Map<string, number>()

  /** Returns the number of sessions of a site. */
  sizeOf(site: string): number {
    return this.#bySite.get(site) ?? 0
  }

  /**
   * Returns why a session has no place; undefined if it has one.
   * @param former where the session counts now; undefined if it is new
   */
  refuse({ site, addressKey }: Place, limits: PlaceLimits, former?: Place): NoPlace | undefined {
    const siteExcess = this.sizeOf(site) - limits.maxOfSite
    if (former === undefined && siteExcess >= 0) return { full: 'site', excess: siteExcess }
    const excess = (this.#byAddress.get(addressKey) ?? 0) - limits.maxOfAddress
    if (former?.addressKey !== addressKey && excess >= 0) return { full: 'address', excess }
    return undefined
  }

  add({ site, addressKey }: Place): void {
    change(this.#bySite, site, 1)
    change(this.#byAddress, addressKey, 1)
  }

  delete({ site, addressKey }: Place): void {
    change(this.#bySite, site, -1)
    change(this.#byAddress, addressKey, -1)
  }
}

/** Changes the count of `key`, and deletes the key if its count is 0. */
function change(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
