/**
 * A character that is visible by itself: no combining mark, no control, no space, and no character
 * without a glyph (Unicode §5.21; U+FFFC is a placeholder for an object, U+2800 an empty Braille
 * pattern).
 */
const visible = /[^\p{M}\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\uFFFC]/u

/** Returns `name`, or `fallback` if the name has no visible character. */
export function visibleName(name: string, fallback: string): string {
  return visible.test(name) ? name : fallback
}

/** The first visible character of a name, in upper case. */
export function initialOf(name: string): string {
  return (visible.exec(name)?.[0] ?? '?').toLocaleUpperCase()
}
