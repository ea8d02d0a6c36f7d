import { group } from '../case.ts'
import type { CaseContext } from '../case-context.ts'
import { equal } from '../failure.ts'

const cleans =
  'The server must replace control characters, bidirectional controls and invisible format characters in names and interests by spaces, except the joiners U+200C and U+200D.'
const trims =
  'The server must remove white space at both ends, and reduce inner white space to one space.'

const cleaned: readonly [what: string, rule: string, name: string, shown: string][] = [
  ['a control character', cleans, 'a\u0000b\u009fc', 'a b c'],
  ['a bidirectional override', cleans, 'evil\u202egnp.exe', 'evil gnp.exe'],
  ['a bidirectional isolate', cleans, 'a\u2066b', 'a b'],
  ['a zero-width space', cleans, 'a\u200bb', 'a b'],
  ['a soft hyphen', cleans, 'a\u00adb', 'a b'],
  ['an emoji sequence with joiners, which it keeps', cleans, '👩‍🚀', '👩‍🚀'],
  ['a non-joiner, which it keeps', cleans, 'می‌خواهم', 'می‌خواهم'],
  ['white space at both ends', trims, '  Ana \n', 'Ana'],
  ['inner white space', trims, 'Ana \t Maria', 'Ana Maria'],
  ['nothing but spaces', 'A name without a visible character must become empty.', ' \t ', ''],
  [
    'nothing but invisible characters',
    'A name without a visible character must become empty.',
    '\u200b\u2060\ufeff',
    '',
  ],
]

export const nameCases = group('names', 'names', [
  ...cleaned.map(([what, rule, name, shown]) => ({
    title: `cleans a name with ${what}`,
    rule,
    run: async (t: CaseContext) => {
      const { welcome } = await t.join({ name })
      equal(welcome.name, shown, 'name')
    },
  })),
  {
    title: 'shows the partner the cleaned name',
    rule: "The `name` in `welcome` must be the `partnerName` that the session's partners receive.",
    run: async (t) => {
      const { waitedMatch, arrived } = await t.pair({}, {}, ['Ana', ' B\u202eob '])
      equal(waitedMatch.partnerName, 'B ob', 'partnerName')
      equal(arrived.welcome.name, 'B ob', 'name')
    },
  },
  {
    title: 'cleans interests, and drops invisible and repeated ones',
    rule: 'The server must drop interests without a visible character, and repeated ones.',
    run: async (t) => {
      const { waitedMatch } = await t.pair(
        { interests: [' jazz ', '\u200b', 'jazz', 'go'] },
        { interests: ['go', '\u200b', '\u2060', 'jazz'] },
      )
      equal(waitedMatch.interests, ['jazz', 'go'], 'interests')
    },
  },
])
