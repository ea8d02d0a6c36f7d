import { visibleName } from '../view/visible-name.ts'

/** The most interests that a search may have. */
const maxInterests = 10

/** The longest interest, in bytes of UTF-8. */
const maxInterestBytes = 48

/** Matches what separates interests in a typed or pasted text, also on keyboards of other scripts. */
const separator = /[,;\n\r\t，、،؛；]+/u

/**
 * Marks that a Latin or Greek letter can have. In other scripts, a letter with a mark is a different letter.
 */
const accents = /([\p{Script=Latin}\p{Script=Greek}])\p{Mn}+/gu

const encoder = new TextEncoder()

/** Why an interest was not added. */
export type InterestRefusal = 'duplicate' | 'too-long' | 'too-many'

/** The result of {@link addInterests}. */
export interface AddedInterests {
  readonly interests: readonly string[]
  readonly added: readonly string[]
  /** The first interest that was refused, and why. Undefined if none was. */
  readonly refused: { readonly interest: string; readonly why: InterestRefusal } | undefined
  /** The interests that a visitor can still correct, as a text for the field. */
  readonly rest: string
}

/** Returns whether a text contains more than one interest, or an interest that is complete. */
export const hasSeparator = (text: string): boolean => separator.test(text)

/**
 * Returns the interests in a text, with single spaces and without those that have no visible
 * character.
 */
export function splitInterests(text: string): readonly string[] {
  return text
    .split(separator)
    .map((interest) => interest.trim().replaceAll(/\s+/gu, ' '))
    .filter((interest) => visibleName(interest, ''))
}

/**
 * Returns the form of an interest that is compared. Interests are the same if they differ only in
 * case, width, accents or spaces. Servers have more such rules; see `docs/protocol.md`.
 */
export function interestKey(interest: string): string {
  const folded = interest.normalize('NFKC').toUpperCase().toLowerCase()
  return folded.normalize('NFD').replace(accents, '$1').trim().replaceAll(/\s+/gu, ' ')
}

/** Adds the interests in `text`, except those that are too long, too many, or in the list already. */
export function addInterests(interests: readonly string[], text: string): AddedInterests {
  const list = [...interests]
  const keys = new Set(interests.map(interestKey))
  const rest: string[] = []
  let refused: AddedInterests['refused']
  for (const interest of splitInterests(text)) {
    const key = interestKey(interest)
    const why = refusalOf(interest, keys.has(key), list.length)
    if (why) {
      refused ??= { interest, why }
      if (why !== 'duplicate') rest.push(interest)
    } else {
      keys.add(key)
      list.push(interest)
    }
  }
  return { interests: list, added: list.slice(interests.length), refused, rest: rest.join(', ') }
}

function refusalOf(interest: string, isKnown: boolean, count: number): InterestRefusal | undefined {
  if (isKnown) return 'duplicate'
  if (encoder.encode(interest).length > maxInterestBytes) return 'too-long'
  return count >= maxInterests ? 'too-many' : undefined
}
