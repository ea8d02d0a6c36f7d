// What simulated users look for, drawn from pseudorandom numbers.
import type { Criteria } from '../../packages/buddy-server/src/engine/ticket.ts'

/** How many interests and languages users state. */
export interface Taste {
  readonly maxInterests: number
  readonly languages: number
}

/** The part of the criteria that is drawn. */
export type DrawnCriteria = Pick<Criteria, 'interests' | 'interestKeys' | 'languages'>

/** The tastes that the benchmarks of the matchmaker compare, by the name that they print. */
export const tastes: Readonly<Record<string, Taste>> = {
  'no criteria': { maxInterests: 0, languages: 0 },
  '0–10 interests': { maxInterests: 10, languages: 0 },
  '0–10 interests, 1 language': { maxInterests: 10, languages: 1 },
}
const vocabulary = Array.from({ length: 1000 }, (_, index) => `interest ${index}`)
const languages = ['en', 'de', 'fr', 'es', 'pt', 'pl', 'it', 'tr', 'ja', 'ko']

/** Returns pseudorandom numbers from 0 to below 1 (mulberry32). The same seed gives the same numbers. */
export function createRandom(seed = 1): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Draws what a user looks for. Some interests are more frequent than others, as in real data. */
export function drawCriteria(
  random: () => number,
  { maxInterests, languages: languageCount }: Taste,
): DrawnCriteria {
  const keys = new Set<string>()
  const count = Math.floor(random() * (maxInterests + 1))
  while (keys.size < count) keys.add(vocabulary[Math.floor(random() ** 3 * 1000)]!)
  return {
    interests: [...keys],
    interestKeys: [...keys],
    languages: languages.slice(0, languageCount && 1 + Math.floor(random() ** 2 * 2)),
  }
}
