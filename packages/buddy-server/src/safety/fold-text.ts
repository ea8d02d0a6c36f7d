// Makes texts equal that look alike: it removes differences of case, accents, width, invisible characters,
// lookalike letters of other scripts, and digits in place of letters.

/** Each Latin letter, followed by letters that look like it (UTS #39 §4 has the complete list). */
const lookalikes: Readonly<Record<string, string>> = {
  a: 'аαɑᴀ',
  b: 'ьʙ',
  c: 'сϲᴄ',
  d: 'ԁđᴅ',
  e: 'еєεᴇ',
  f: 'ꜰ',
  g: 'ցɢ',
  h: 'һհʜ',
  i: 'іιıɪ',
  j: 'јᴊ',
  k: 'кκᴋ',
  l: 'ӏłʟ',
  m: 'мᴍ',
  n: 'ոηпɴ',
  o: 'оοσօøᴏ',
  p: 'рρᴘ',
  q: 'ԛզ',
  r: 'гʀ',
  s: 'ѕꜱ',
  t: 'тτᴛ',
  u: 'υսᴜ',
  v: 'νѵᴠ',
  w: 'ԝωшᴡ',
  x: 'хχ',
  y: 'уγʏ',
  z: 'ᴢ',
}
const latinOf = new Map(
  Object.entries(lookalikes).flatMap(([latin, others]) =>
    [...others].map((other) => [other, latin] as const),
  ),
)
const anyLookalike = new RegExp(`[${Object.values(lookalikes).join('')}]`, 'gu')

const digitsAsLetters: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  $: 's',
}

const someDigit = /[013457$]/

/** A longer text is compared by its beginning. */
export const maxUnits = 2000

/** Most texts are plain ASCII, in which nothing but white space, case and digits has to be changed. */
const isPlain = /^[\x20-\x7e\n]*$/

/**
 * Returns a text in lower case, without accents and invisible characters, with Latin letters in place of their
 * lookalikes. It is only for comparison: a text in Cyrillic or Greek becomes unreadable.
 */
export function foldText(text: string): string {
  const start = text.slice(0, maxUnits)
  const folded = isPlain.test(start) ? start.toLowerCase().replace(/\s+/gu, ' ') : foldSigns(start)
  if (!someDigit.test(folded)) return folded
  return folded.replace(
    /(?<=\p{L})[013457$](?=\p{L})/gu,
    (digit) => digitsAsLetters[digit] ?? digit,
  )
}

function foldSigns(text: string): string {
  return (
    text
      .normalize('NFKD')
      // One character can become 18.
      .slice(0, maxUnits)
      .toLowerCase()
      .replace(/\s+/gu, ' ')
      .replace(/[\p{M}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]+/gu, '')
      // Puts the syllables of Korean together again.
      .normalize('NFC')
      .replace(anyLookalike, (letter) => latinOf.get(letter) ?? letter)
  )
}

/** What is removed from texts: what is no letter and no space, and all but the first of repeated letters. */
const signs = [/[^\p{L} ]+/gu, /(\p{L})\1+/gu] as const
/** The same in a text in lower case that is plain ASCII. These are several times as fast. */
const signsInAscii = [/[^a-z ]+/g, /([a-z])\1+/g] as const
const isOneLetter = /^.$/u
const isAscii = /^[\x20-\x7e]*$/

/**
 * Returns the words of a folded text without digits, punctuation and repeated letters. Letters that are
 * written apart ("h e y") count as one word.
 */
export function wordsOf(folded: string): readonly string[] {
  const words: string[] = []
  let apart = ''
  const endApart = (): void => {
    if (apart !== '') words.push(apart)
    apart = ''
  }
  const [notInWords, repeated] = isAscii.test(folded) ? signsInAscii : signs
  const letters = folded
    .replace(notInWords, '')
    // A capital I looks like a small L.
    .replaceAll('l', 'i')
    .replace(repeated, '$1')
  for (const word of letters.split(' ')) {
    if (word.length <= 2 && isOneLetter.test(word)) apart += word
    else if (word !== '') {
      endApart()
      words.push(word)
    }
  }
  endApart()
  return words
}
