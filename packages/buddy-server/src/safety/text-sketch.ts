import { contactsIn, mayHaveContact } from './contacts.ts'
import { foldText, maxUnits, wordsOf } from './fold-text.ts'

/** The fingerprint of a text for comparison. The text cannot be restored from it. */
export interface TextSketch {
  /** The lowest hashes of the text's features in ascending order: a bottom-k sketch (Cohen and Kaplan 2007). */
  readonly hashes: Uint32Array
  /** Hashes of addresses, handles and telephone numbers. */
  readonly contacts: readonly number[]
  /** The number of letters. A character of Chinese, Japanese or Korean counts as three. */
  readonly letters: number
}

/** Hashes a text, or the part of it from `start` to before `end`, with a key that only this process knows. */
export type KeyedHash = (text: string, start?: number, end?: number) => number

/** With 64 hashes, the estimate of an overlap of 60 % is off by 6 % on average. */
const maxHashes = 64
const isAscii = /^[\x20-\x7e]*$/
const isIdeographic = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/**
 * Returns a hash function. An attacker without the key cannot find texts with the same hashes, and so cannot
 * make the text of another person look like an advertisement.
 */
export function createKeyedHash(key: readonly [number, number]): KeyedHash {
  return (text, start = 0, end = text.length) => {
    let one = key[0]
    let other = key[1]
    for (let index = start; index < end; index++) {
      const unit = text.charCodeAt(index)
      one = Math.imul(one ^ unit, 0x85eb_ca6b)
      one ^= one >>> 13
      other = Math.imul(other + unit, 0xc2b2_ae35) ^ (one >>> 7)
    }
    let mixed = Math.imul(one ^ (other >>> 16), 0x2545_f491)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed ^ other, 0x9e37_79b1)
    return (mixed ^ (mixed >>> 16)) >>> 0
  }
}

/** Where a sketch is made. A word has at most as many features as letters. */
const features = new Uint32Array(maxUnits)

/**
 * Returns the sketch of a text. Its features are the sequences of three letters within its words. Another
 * order of the words, another name or another number changes few of them.
 */
export function sketchOf(text: string, hash: KeyedHash): TextSketch {
  const folded = foldText(text)
  const isPlain = isAscii.test(folded)
  let count = 0
  let letters = 0
  for (const word of wordsOf(folded)) {
    const isDense = !isPlain && isIdeographic.test(word)
    const length = isDense ? 2 : 3
    const padded = isDense ? word : `_${word}_`
    letters += (isPlain ? word.length : [...word].length) * (isDense ? 3 : 1)
    for (let start = 0; start + length <= padded.length; start++) {
      features[count++] = hash(padded, start, start + length)
    }
  }
  const contacts = mayHaveContact(text) ? Array.from(contactsIn(folded), (key) => hash(key)) : []
  return { hashes: lowest(features.subarray(0, count)), contacts, letters }
}

/** Returns the lowest different hashes in ascending order. Changes the order of `all`. */
function lowest(all: Uint32Array): Uint32Array {
  all.sort()
  let kept = 0
  for (let index = 0; index < all.length && kept < maxHashes; index++) {
    if (index === 0 || all[index] !== all[index - 1]) all[kept++] = all[index]!
  }
  return all.slice(0, kept)
}

/** Estimates which share of the features of two texts they have in common, from 0 to 1. */
export function similarity(one: TextSketch, other: TextSketch): number {
  const first = one.hashes
  const second = other.hashes
  let inFirst = 0
  let inSecond = 0
  let common = 0
  let seen = 0
  while (seen < maxHashes && (inFirst < first.length || inSecond < second.length)) {
    const a = first[inFirst] ?? Infinity
    const b = second[inSecond] ?? Infinity
    if (a === b) common++
    if (a <= b) inFirst++
    if (b <= a) inSecond++
    seen++
  }
  return seen === 0 ? 0 : common / seen
}
