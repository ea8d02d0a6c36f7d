import { invisible } from './clean-text.ts'
import { wellFormed } from './unicode.ts'

/** Everything that ends a line (Unicode §5.8). */
const lineEnd = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/gu

/**
 * Characters without a visible form that carry no meaning in a chat: control characters, zero-width spaces,
 * interlinear annotations, and formats that Unicode discourages. Several of them can hide a word from a
 * filter.
 */
const meaningless =
  // oxlint-disable-next-line no-control-regex -- matching control characters is the point
  /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}]+/gu

/**
 * Tag characters, which are invisible copies of ASCII. Only flags such as Scotland's need them (UTS #51
 * §1.4.9); elsewhere they can hide a whole text.
 */
const tags =
  /(\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,6}\u{e007f})|[\u{e0000}-\u{e007f}]/gu

/** Joiners and bidirectional marks. Repeating the same character in a row has no further effect. */
const repeatedMark = /([\u061c\u200c-\u200f])\1+/gu

/**
 * The combining marks on one character. Marks that every script shares (accents) stack highest, and no
 * language needs more than four. Marks of a single script, as in Tibetan and Burmese, need more.
 */
const maxSharedMarks = 4
const maxMarks = 10

const isMark = /^\p{M}$/u
const isSharedMark = /^[\p{Script=Inherited}\p{Script=Common}\p{Me}]$/u
const isJoiner = /^[\u061c\u200c-\u200f\u2066-\u2069]$/u

/** How deep bidirectional runs may be nested. A chat needs two: a quotation inside an embedded run. */
const maxNesting = 8

const isolates = { lri: '\u2066', rli: '\u2067', fsi: '\u2068', pdi: '\u2069' } as const

/**
 * The character with which a run began, which determines the character that ends it. An override leaves no
 * character in the text.
 */
type Run = 'isolate' | 'embedding' | 'override'

/**
 * Cleans a text before a user sees it. Returns an empty string if nothing visible is left.
 *
 * - Line ends stay, as `\n`, at most two in a row. Other control characters are removed.
 * - Bidirectional runs stay, so that Arabic and Hebrew texts keep their order, but each one ends on its own
 *   line and is isolated from the rest (UAX #9 §2.5). Overrides are removed, because only they can show
 *   letters in an order that is not theirs.
 * - A character keeps at most ten combining marks, of which four may be accents, so that marks do not cover
 *   other lines.
 */
export function cleanMessage(text: string): string {
  const lines = wellFormed(text)
    .replace(lineEnd, '\n')
    .replace(/\t/gu, ' ')
    .replace(meaningless, '')
    .replace(tags, '$1')
    .split('\n')
    .map((line) => capMarks(balanceRuns(line).replace(repeatedMark, '$1')))
  const cleaned = lines
    .join('\n')
    .replace(/\n{3,}/gu, '\n\n')
    .replace(/^\n+|\n+$/gu, '')
  return invisible.test(cleaned.replace(/[\u061c\u2066-\u2069]/gu, '')) ? '' : cleaned
}

/** Makes each bidirectional run of a line an isolate that ends within the line. */
function balanceRuns(line: string): string {
  if (!/[\u202a-\u202e\u2066-\u2069]/u.test(line)) return line
  const runs: Run[] = []
  let result = ''
  const begin = (run: Run, initiator: string): void => {
    const isTooDeep = runs.length >= maxNesting
    runs.push(isTooDeep ? 'override' : run)
    if (!isTooDeep) result += initiator
  }
  /** Ends the innermost run. */
  const end = (): void => {
    if (runs.pop() !== 'override') result += isolates.pdi
  }
  for (const character of line) {
    switch (character) {
      case '\u202a':
        begin('embedding', isolates.lri)
        break
      case '\u202b':
        begin('embedding', isolates.rli)
        break
      case '\u202d':
      case '\u202e':
        begin('override', '')
        break
      case '\u202c':
        // It ends the innermost run, but never an isolate.
        if (runs.length > 0 && runs.at(-1) !== 'isolate') end()
        break
      case isolates.lri:
      case isolates.rli:
      case isolates.fsi:
        begin('isolate', character)
        break
      case isolates.pdi:
        // It also ends the runs that were begun within the isolate.
        if (!runs.includes('isolate')) break
        while (runs.at(-1) !== 'isolate') end()
        end()
        break
      default:
        result += character
    }
  }
  while (runs.length > 0) end()
  return result
}

/** Removes the combining marks that one character has too many. */
function capMarks(line: string): string {
  if (!/\p{M}/u.test(line)) return line
  let marks = 0
  let sharedMarks = 0
  let result = ''
  for (const character of line) {
    if (isMark.test(character)) {
      if (isSharedMark.test(character) && ++sharedMarks > maxSharedMarks) continue
      if (++marks > maxMarks) continue
    } else if (!isJoiner.test(character)) {
      // Joiners and bidirectional characters do not begin a character, so marks after them stack on it too.
      marks = sharedMarks = 0
    }
    result += character
  }
  return result
}
