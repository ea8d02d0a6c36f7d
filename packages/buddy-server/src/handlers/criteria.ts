// Which interests and languages are the same for matching.
import type { MessageOf } from '@buddy-chat/protocol'
import { cleanText } from '@buddy-chat/protocol'
import type { Criteria } from '../engine/ticket.ts'

/** Marks that Latin and Greek letters can have. Both scripts are read without them. */
const accents = /([\p{Script=Latin}\p{Script=Greek}])\p{Mn}+/gu
/**
 * Marks that are usually not written: the vowel points of Hebrew and Arabic, and the Arabic line that makes
 * words wider. Marks of all other scripts stay, because a letter with another mark is another letter: in
 * Devanagari and Thai, vowels are marks, and in Japanese か and が differ by a mark.
 */
const points = /[\u{591}-\u{5BD}\u{5BF}\u{5C1}\u{5C2}\u{5C7}\u{640}]|[\u{64B}-\u{652}]/gu
const isAscii = /^[\x20-\x7e]*$/
/** Russian writes ё mostly as е. */
const yo = /\u0435\u0308/gu

/**
 * Returns the form of an interest that is compared. Two interests are the same if they differ only in case,
 * width, accents, spaces, or in characters that are invisible. Empty if nothing visible is left.
 */
export function interestKeyOf(interest: string): string {
  // Upper case first: it makes ss of ß, and one letter of the two forms of the Greek sigma (Unicode §5.18.4).
  const cleaned = cleanText(interest)
  // Most interests are plain ASCII, in which only the case can differ.
  if (isAscii.test(cleaned)) return cleaned.toLowerCase()
  const folded = cleaned.normalize('NFKC').toUpperCase().toLowerCase()
  const bare = folded
    .normalize('NFD')
    .replace(accents, '$1')
    .replace(points, '')
    .replace(yo, '\u0435')
  return cleanText(bare.normalize('NFC'))
}

/** The subtags of the two written forms of Norwegian. A user who reads one of them can read both. */
const norwegian = new Set(['nb', 'nn'])

/** Results of {@link languageOf}, because `Intl.Locale` is slow and few tags are in use. */
const knownTags = new Map<string, string | undefined>()
const maxKnownTags = 1000

/**
 * Returns the primary subtag of a language tag (RFC 5646 §2.2.1) in its preferred form, so that `pt-BR` meets
 * `pt`, and `iw` meets `he`. Undefined if the tag is not well-formed or names no language.
 */
export function languageOf(tag: string): string | undefined {
  if (knownTags.has(tag)) return knownTags.get(tag)
  const language = parse(tag)
  // Clients choose the tags, so their number must be bounded.
  if (knownTags.size >= maxKnownTags) knownTags.clear()
  knownTags.set(tag, language)
  return language
}

function parse(tag: string): string | undefined {
  try {
    const { language } = new Intl.Locale(tag.replaceAll('_', '-'))
    if (norwegian.has(language)) return 'no'
    return language === 'und' ? undefined : language
  } catch {
    return undefined
  }
}

/**
 * Returns the criteria of a message in the form that tickets have. Drops interests and languages that are
 * empty, unknown or repeated, and asks without values. They are no error, because users type interests, and
 * browsers have unusual tags.
 */
export function criteriaOf({
  interests,
  languages,
  asks,
  keep,
}: Pick<MessageOf<'change'>, 'interests' | 'languages' | 'asks' | 'keep'>): Criteria {
  const spellings = new Map<string, string>()
  for (const interest of interests) {
    const key = interestKeyOf(interest)
    if (key !== '' && !spellings.has(key)) spellings.set(key, cleanText(interest))
  }
  return {
    interests: [...spellings.values()],
    interestKeys: [...spellings.keys()],
    languages: [...new Set(languages.flatMap((tag) => languageOf(tag) ?? []))],
    asks: (asks ?? []).filter(({ values }) => values.length > 0),
    keepsInterests: keep?.interests ?? false,
    keepsLanguages: keep?.languages ?? false,
  }
}
