// All text in frames is well-formed Unicode: `encode` replaces lone surrogates, and `decode` refuses
// invalid UTF-8.

// The parts of WHATWG Encoding that this file uses. Node and browsers have them.
declare const TextEncoder: new () => {
  encodeInto(text: string, target: Uint8Array): { readonly written: number }
}
declare const TextDecoder: new (
  label: 'utf-8',
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string }

/**
 * Returns whether bytes are valid UTF-8 (RFC 3629), which has no overlong forms, no surrogates and no
 * characters above U+10FFFF.
 */
export type Utf8Check = (bytes: Uint8Array) => boolean

/**
 * `isWellFormed` (ES2024) takes a fraction of the time of a regular expression. Older browsers do not have
 * it.
 */
type MaybeChecked = string & { isWellFormed?(): boolean }

/** Replaces each lone surrogate in `text` by U+FFFD, because UTF-8 cannot encode it. */
export function wellFormed(text: string): string {
  if ((text as MaybeChecked).isWellFormed?.()) return text
  // With the flag `u`, a surrogate pair is one character, which `\p{Surrogate}` does not match.
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}

/** Returns the length of `text` in UTF-8 bytes. A lone surrogate counts as the three bytes of U+FFFD. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    bytes += unit < 0x800 ? 1 : 2
    const next = text.charCodeAt(index + 1)
    if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) index++
  }
  return bytes
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Writes `text` at the beginning of `target`, which must have three bytes for each UTF-16 unit. Returns the
 * number of bytes. A lone surrogate becomes U+FFFD.
 */
export function writeUtf8(text: string, target: Uint8Array): number {
  return encoder.encodeInto(text, target).written
}

/** Decodes valid UTF-8, with a byte order mark if it begins with one. Returns undefined for other bytes. */
export function readUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** A check for any platform. Node's own `isUtf8` takes only a tenth of the time for a long text. */
export const isUtf8: Utf8Check = (bytes) => readUtf8(bytes) !== undefined
