import type { Ask, Criteria, Ticket } from './ticket.ts'
import { poolOf } from './ticket.ts'

/** A ticket, and which of its criteria no longer restrict the search, because it has waited long enough. */
export interface Wish {
  readonly ticket: Ticket
  /** Whether the ticket accepts partners without a common interest. */
  readonly isFreeInInterests: boolean
  /** Whether the ticket accepts partners without a common language. */
  readonly isFreeInLanguages: boolean
  /** Whether the ticket accepts partners of another region. */
  readonly isFreeInRegions: boolean
}

/** How long a search requires a common interest, a common language and the same region, in milliseconds. */
export interface WidenSchedule {
  readonly interestsMs: number
  readonly languagesMs: number
  readonly regionMs: number
}

/** Returns whether a search that has looked for these interests for `searchedMs` accepts any partner. */
export function isFreeInInterests(
  { interestKeys, keepsInterests }: Criteria,
  searchedMs: number,
  { interestsMs }: WidenSchedule,
): boolean {
  return interestKeys.length === 0 || (!keepsInterests && searchedMs >= interestsMs)
}

/** Returns whether a search that has looked for these languages for `searchedMs` accepts any partner. */
export function isFreeInLanguages(
  { languages, keepsLanguages }: Criteria,
  searchedMs: number,
  { languagesMs }: WidenSchedule,
): boolean {
  return languages.length === 0 || (!keepsLanguages && searchedMs >= languagesMs)
}

/** Returns whether a search of this region that has lasted `searchedMs` accepts partners of any region. */
export function isFreeInRegions(
  { region }: Pick<Ticket, 'region'>,
  searchedMs: number,
  { regionMs }: WidenSchedule,
): boolean {
  return region === '' || searchedMs >= regionMs
}

/** Returns whether the regions of two tickets allow them to meet: they are equal, or both accept any. */
function mayMeetInRegions(
  one: Pick<Wish, 'isFreeInRegions'> & { readonly ticket: Pick<Ticket, 'region'> },
  other: Pick<Wish, 'isFreeInRegions'> & { readonly ticket: Pick<Ticket, 'region'> },
): boolean {
  return one.ticket.region === other.ticket.region || (one.isFreeInRegions && other.isFreeInRegions)
}

/** Returns whether attributes satisfy all asks. */
export function satisfies(attributes: Ticket['attributes'], asks: readonly Ask[]): boolean {
  return asks.every(({ attribute, values }) => {
    const value = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined
    return value !== undefined && values.includes(value)
  })
}

/**
 * Returns whether two tickets accept each other. They must be of one pool. They must have a common interest,
 * or both must be free in interests. They must have a common language, or both must be free in languages, or
 * one of them states none. They must be of one region, or both must be free in regions. Each must satisfy what the
 * other asks. The rule is symmetric. Recent partners and
 * blocks are checked elsewhere.
 */
export function mayMeet(one: Wish, other: Wish): boolean {
  const [a, b] = [one.ticket, other.ticket]
  return (
    a.sessionId !== b.sessionId &&
    poolOf(a) === poolOf(b) &&
    ((one.isFreeInInterests && other.isFreeInInterests) ||
      a.interestKeys.some((key) => b.interestKeys.includes(key))) &&
    ((one.isFreeInLanguages && other.isFreeInLanguages) ||
      a.languages.length === 0 ||
      b.languages.length === 0 ||
      a.languages.some((language) => b.languages.includes(language))) &&
    mayMeetInRegions(one, other) &&
    satisfies(b.attributes, a.asks) &&
    satisfies(a.attributes, b.asks)
  )
}
