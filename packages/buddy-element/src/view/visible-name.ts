/**
 * Matches a character that is visible by itself. It excludes combining marks, controls, spaces and
 * characters without a glyph (Unicode §5.21). It also excludes U+FFFC, a placeholder for an object,
 * and U+2800, an empty Braille pattern.
 */
const visible = /[^\p{M}\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\uFFFC]/u

/** Returns `name`, or `fallback` if the name has no visible character. */
export function visibleName(name: string, fallback: string): string {
  return visible.test(name) ? name : fallback
}

/** Returns the first visible character of a name, in upper case; `?` if there is none. */
export function initialOf(name: string): string {
  return (visible.exec(name)?.[0] ?? '?').toLocaleUpperCase()
}
