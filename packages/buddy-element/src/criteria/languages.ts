/** The most languages that a search may have. */
export const maxLanguages = 8

/** The languages that the picker offers: those with the most speakers on the web, by subtag. */
const offered =
  'af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu ha he hi hr hu hy id is it ja ka kk km kn ko lo lt lv mk ml mn mr ms my ne nl no pa pl ps pt ro ru si sk sl so sq sr sv sw ta te th tr uk ur uz vi yo zh zu'

/** The two written forms of Norwegian. Servers treat them as one language, and so does the picker. */
const norwegian = new Set(['nb', 'nn'])

/**
 * Returns the primary subtag of a language tag (RFC 5646 §2.2.1) in its preferred form, such as `pt`
 * for `pt-BR`. Undefined if the tag is not well-formed or names no language.
 */
export function primaryLanguage(tag: string): string | undefined {
  try {
    const { language } = new Intl.Locale(tag.trim().replaceAll('_', '-'))
    if (norwegian.has(language)) return 'no'
    return language === 'und' ? undefined : language
  } catch {
    return undefined
  }
}

/** Returns the primary subtags of language tags in the same order, each once, and at most 8. */
export function primaryLanguages(tags: readonly string[]): readonly string[] {
  return [...new Set(tags.flatMap((tag) => primaryLanguage(tag) ?? []))].slice(0, maxLanguages)
}

/** Returns the visitor's languages, as set in the browser, the most wanted first. */
export const browserLanguages = (): readonly string[] =>
  primaryLanguages(globalThis.navigator?.languages ?? [])

const namesByLanguage = new Map<string, Intl.DisplayNames | undefined>()

function namesIn(inLanguage: string): Intl.DisplayNames | undefined {
  if (!namesByLanguage.has(inLanguage)) {
    let names: Intl.DisplayNames | undefined
    try {
      names = new Intl.DisplayNames([inLanguage], { type: 'language' })
    } catch {
      // The page's `lang` is no language tag. The names are then the tags themselves.
    }
    namesByLanguage.set(inLanguage, names)
  }
  return namesByLanguage.get(inLanguage)
}

/**
 * Returns the name of a language, for example `Polish` for `pl` in `en`, and the tag if it has none.
 */
export function languageName(language: string, inLanguage: string): string {
  try {
    return namesIn(inLanguage)?.of(language) ?? language
  } catch {
    // A site may use a tag for which browsers have no name.
    return language
  }
}

/** Returns the languages that can still be added, sorted by their names. */
export function offeredLanguages(
  chosen: readonly string[],
  inLanguage: string,
): readonly { readonly language: string; readonly name: string }[] {
  const named = offered
    .split(' ')
    .filter((language) => !chosen.includes(language))
    .map((language) => ({ language, name: languageName(language, inLanguage) }))
  return named.sort((one, other) => one.name.localeCompare(other.name))
}

/** Moves a language one place towards the beginning. */
export function preferLanguage(languages: readonly string[], language: string): readonly string[] {
  const at = languages.indexOf(language)
  if (at < 1) return languages
  return languages.with(at - 1, language).with(at, languages[at - 1]!)
}
