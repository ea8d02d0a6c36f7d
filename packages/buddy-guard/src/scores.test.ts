import { expect, test } from 'vitest'
import type { NsfwScores, NsfwThresholds } from './scores.ts'
import { defaultThresholds, resultOf } from './scores.ts'

/** Scores with these classes; the rest is `Neutral`. */
function scores(given: Partial<NsfwScores>): NsfwScores {
  const sum = Object.values(given).reduce((total, score) => total + score, 0)
  return { Drawing: 0, Hentai: 0, Porn: 0, Sexy: 0, Neutral: 1 - sum, ...given }
}
const all: NsfwThresholds = { warn: 0.6, veil: 0.5, leave: 0.875 }

test.each<[string, Partial<NsfwScores>, object]>([
  ['a harmless picture', {}, { verdict: 'ok', label: 'Neutral', score: 1 }],
  ['a drawing', { Drawing: 0.625 }, { verdict: 'ok', label: 'Drawing', score: 0.625 }],
  ['little clothing', { Sexy: 0.875 }, { verdict: 'ok', label: 'Sexy', score: 0.875 }],
  ['a doubtful picture', { Porn: 0.625 }, { verdict: 'ok', label: 'Porn', score: 0.625 }],
  ['exactly the threshold', { Porn: 0.75 }, { verdict: 'veil', label: 'Porn', score: 0.75 }],
  [
    'two explicit classes',
    { Porn: 0.375, Hentai: 0.5 },
    { verdict: 'veil', label: 'Hentai', score: 0.875 },
  ],
  ['certainty', { Porn: 1 }, { verdict: 'veil', label: 'Porn', score: 1 }],
])('with the default thresholds, the result for %s', (_name, given, result) => {
  expect(resultOf(scores(given), defaultThresholds)).toEqual(result)
})

test.each<[Partial<NsfwScores>, string]>([
  [{ Sexy: 0.5 }, 'ok'],
  [{ Sexy: 0.625 }, 'warn'],
  [{ Porn: 0.5, Sexy: 0.5 }, 'veil'],
  [{ Hentai: 0.25, Porn: 0.625 }, 'leave'],
])('with thresholds for every verdict, %o gives %s', (given, verdict) => {
  expect(resultOf(scores(given), all)).toMatchObject({ verdict })
})

test('a threshold of null never gives its verdict', () => {
  const none: NsfwThresholds = { warn: null, veil: null, leave: null }
  expect(resultOf(scores({ Porn: 1 }), none)).toEqual({ verdict: 'ok', label: 'Porn', score: 1 })
})
