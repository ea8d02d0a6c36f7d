import { wellFormed } from './unicode.ts'

/**
 * Characters that are invisible but change how their neighbours look: control characters, zero-width
 * characters and bidirectional overrides (Unicode TR36 §2.3). With them a name can look like another
 * name. The joiner of emoji sequences (U+200D) and the non-joiner of Persian (U+200C) are allowed.
 */
const deceptive =
  // oxlint-disable-next-line no-control-regex -- matching control characters is the point
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]+/gu

/**
 * Matches a text without a visible character (Unicode §5.21). The empty Braille pattern is invisible too.
 */
export const invisible = /^[\p{Default_Ignorable_Code_Point}\u2800\s]*$/u

/** Matches ASCII words with single spaces between them, which need no cleaning. */
const isClean = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/

/**
 * Cleans a name or an interest before other users see it: makes it well-formed, removes deceptive
 * characters and surrounding white space, and reduces inner white space to single spaces. Returns an
 * empty string if nothing visible is left.
 */
export function cleanText(text: string): string {
  if (text === '' || isClean.test(text)) return text
  const cleaned = wellFormed(text).replace(deceptive, ' ').replace(/\s+/gu, ' ').trim()
  return invisible.test(cleaned) ? '' : cleaned
}
