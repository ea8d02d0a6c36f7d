import { expect, test } from 'vitest'
import { toMeasure } from './measure.ts'

const message = {
  type: 'measure',
  kind: 'ban',
  reason: 'nudity',
  isAutomatic: true,
  until: 1_800_000_000,
  appealUrl: 'https://site.example/appeal',
  decision: 'd-1',
  statement: 'Three reports',
} as const

test('converts a measure', () => {
  expect(toMeasure(message)).toEqual({
    kind: 'ban',
    reason: 'nudity',
    isAutomatic: true,
    until: new Date('2027-01-15T08:00:00Z'),
    appealUrl: 'https://site.example/appeal',
    decision: 'd-1',
    statement: 'Three reports',
  })
  expect(
    toMeasure({ ...message, until: null, appealUrl: null, statement: undefined }),
  ).toMatchObject({ until: undefined, appealUrl: undefined, statement: undefined })
})

test.for(['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'appeal', 'https://'])(
  'drops the address %j, which is no web page',
  (appealUrl) => {
    expect(toMeasure({ ...message, appealUrl }).appealUrl).toBeUndefined()
  },
)
