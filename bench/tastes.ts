import { createRandom } from '../tests/load/random.ts'

/** What a user looks for. */
export interface Taste {
  readonly interests: string[]
  /** BCP 47 tags, as a browser has them. */
  readonly languages: string[]
}

/** A user who accepts every partner, for servers without matching by interests. */
export const anybody: Taste = { interests: [], languages: [] }

const vocabularySize = 1000
const languages = ['en-US', 'en-GB', 'es', 'pt-BR', 'de', 'fr', 'it', 'pl', 'tr', 'ja']

/**
 * Returns a function that draws what users look for: up to `maxInterests` interests, of which some are much
 * more common than others, and one or two languages, of which English is the most common. The tastes of the
 * same index are the same in every run.
 */
export function createTastes(maxInterests: number): (index: number) => Taste {
  return (index) => {
    const random = createRandom(index + 1)
    /** Returns a number below `end`. Its share of all draws falls from the first to the last. */
    const skewed = (end: number): number => Math.floor((random.below(1e6) / 1e6) ** 3 * end)
    const count = random.below(maxInterests + 1)
    const interests = new Set<string>()
    while (interests.size < count) interests.add(`Interest ${skewed(vocabularySize)}`)
    const spoken = new Set([languages[skewed(languages.length)]!])
    if (random.chance(0.5)) spoken.add('en')
    return { interests: [...interests], languages: [...spoken] }
  }
}
