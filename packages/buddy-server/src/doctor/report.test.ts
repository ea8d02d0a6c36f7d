import { expect, test } from 'vitest'
import { table } from './report.ts'

test('the table has a row for each finding, breaks long messages, and counts the verdicts', () => {
  const text = table(
    [
      { check: 'configuration', verdict: 'ok', message: 'The configuration is valid.' },
      { check: 'TURN', verdict: 'problem', message: `One ${'word '.repeat(8)}end.` },
      { check: 'TURN', verdict: 'problem', message: 'Two.' },
      { check: 'STUN', verdict: 'skipped', message: 'None.' },
    ],
    55,
  )
  expect(text).toBe(
    [
      'ok       configuration  The configuration is valid.',
      'problem  TURN           One word word word word word',
      '                        word word word end.',
      'problem  TURN           Two.',
      'skipped  STUN           None.',
      '',
      '2 problems, 1 skipped, 1 ok.',
    ].join('\n'),
  )
})
