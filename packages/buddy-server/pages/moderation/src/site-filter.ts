import { pageElement } from '../../shared/elements.ts'
import { siteWords } from './words.ts'

/** The value of the choice that selects every site. No site has this key. */
const everySite = '*'

/** The choice of a site. */
export interface SiteFilter {
  /** The key of the chosen site; undefined for every site. */
  readonly chosen: () => string | undefined
  /** Adds these sites to the choice. */
  readonly offer: (keys: readonly string[]) => void
}

/** Prepares the choice of a site. @param onChange called when the operator has chosen another one */
export function createSiteFilter(onChange: () => void): SiteFilter {
  const select = pageElement('site') as HTMLSelectElement
  select.addEventListener('change', onChange)
  return {
    chosen: () => (select.value === everySite ? undefined : select.value),
    offer: (keys) => {
      const present = new Set(Array.from(select.options, ({ value }) => value))
      // Removed sites stay in the choice, because their reports may still exist.
      for (const key of keys) if (!present.has(key)) select.append(new Option(siteWords(key), key))
    },
  }
}
