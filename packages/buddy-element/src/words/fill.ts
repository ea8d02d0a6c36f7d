/**
 * The names of the placeholders in a text, for example `'partner'` for `'You are with {partner}.'`.
 */
export type Placeholder<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never

/** A text for each plural category of a language (Unicode CLDR), with the placeholder `{count}`. */
export type Plural = Readonly<
  Partial<Record<Intl.LDMLPluralRule, string>> & { other: `${string}{count}${string}` }
>

function replaceAll(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name]))
}

/** Returns `text` with its placeholders replaced by `values`. A missing value is a type error. */
export function fill<const Text extends string>(
  text: Text,
  values: Readonly<Record<Placeholder<Text>, string | number>>,
): string {
  return replaceAll(text, values)
}

const rules = new Map<string, Intl.PluralRules>()

/**
 * Returns the text for a count, chosen by the plural rules of a language.
 * @param language a BCP 47 tag
 */
export function fillPlural(language: string, texts: Plural, count: number): string {
  const known = rules.get(language) ?? new Intl.PluralRules(language)
  rules.set(language, known)
  return replaceAll(texts[known.select(count)] ?? texts.other, { count })
}
