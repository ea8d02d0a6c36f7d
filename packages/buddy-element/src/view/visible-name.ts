/**
 * A character that draws something by itself: no mark that needs a letter, no control, no space, and
 * nothing that is drawn as nothing (Unicode §5.21; U+FFFC stands for an object, U+2800 is an empty
 * Braille pattern).
 */
const visible = /[^\p{M}\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\uFFFC]/u

/** A name as it is shown: itself, or `fallback` if nothing of it could be seen. */
export function visibleName(name: string, fallback: string): string {
  return visible.test(name) ? name : fallback
}

/** The first character of a name that can be seen, as a capital. */
export function initialOf(name: string): string {
  return (visible.exec(name)?.[0] ?? '?').toLocaleUpperCase()
}
