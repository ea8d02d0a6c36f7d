import { expect, test } from 'vitest'
import { cleanText } from './clean-text.ts'

test.for([
  ['Ana', 'Ana'],
  ['  Ana \n Maria\t', 'Ana Maria'],
  ['evil\u202egnp.exe', 'evil gnp.exe'],
  ['\u200b\u2060\ufeff', ''],
  ['a\u0000b\u009fc', 'a b c'],
  ['cut in \ud83d', 'cut in \ufffd'],
  ['\u3164', ''],
  ['\u2800 \u034f\u200d', ''],
  ['\u{e0041}\ufe0f', ''],
  // Real names are not changed, for example joined emoji, Persian with its non-joiner, and accents.
  ['👩‍🚀 Zoë', '👩‍🚀 Zoë'],
  ['می‌خواهم', 'می‌خواهم'],
])('cleanText converts %j to %j', ([text, shown]) => {
  expect(cleanText(text!)).toBe(shown)
})
