import { wellFormed } from './unicode.ts'

/**
 * Characters that draw nothing themselves but change how their neighbours look: controls,
 * zero-width and bidirectional overrides (Unicode TR36 §2.3), with which a name can pretend to
 * be another. Joiners inside emoji sequences (U+200D) and in Persian (U+200C) stay.
 */
const deceptive =
  // oxlint-disable-next-line no-control-regex -- matching control characters is the point
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]+/gu

/** What draws nothing at all, alone or together (Unicode §5.21), and the empty Braille pattern. */
const invisible = /^[\p{Default_Ignorable_Code_Point}\u2800\s]*$/u

/**
 * A name or interest as others may see it: well-formed, without deceptive characters, without white
 * space around it, and with single spaces within. Empty if nothing of it could be seen.
 */
export function cleanText(text: string): string {
  const cleaned = wellFormed(text).replace(deceptive, ' ').replace(/\s+/gu, ' ').trim()
  return invisible.test(cleaned) ? '' : cleaned
}
