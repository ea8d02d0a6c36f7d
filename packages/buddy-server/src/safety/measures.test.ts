import { expect, test } from 'vitest'
import { Bans } from '../limits/bans.ts'
import { Measures } from './measures.ts'
import type { StoredMeasure } from './store.ts'

let nextId = 0
const banOf = (changes: Partial<StoredMeasure> = {}): StoredMeasure => ({
  id: `m${++nextId}`,
  kind: 'ban',
  personId: 'bob',
  site: '',
  visitorKey: 'browser',
  addressHash: 'address',
  addressUntilMs: 500,
  atMs: 0,
  untilMs: 1000,
  reason: 'spam',
  isAutomatic: false,
  by: 'kim',
  decisionId: 'd',
  statement: null,
  ...changes,
})

function create() {
  let nowMs = 0
  const bans = new Bans(() => nowMs)
  const measures = new Measures({ bans, wallNow: () => nowMs })
  const stranger = { personId: 'ana', visitorKey: 'other', addressHash: 'elsewhere' }
  const isFound = (key: object) => measures.findBan({ ...stranger, ...key }) !== undefined
  const keys = ['bob', 'browser', 'address']
  return {
    bans,
    measures,
    /** Whether the ban is found by each of the three keys, here and by other nodes. */
    state: () => [
      [
        isFound({ personId: 'bob' }),
        isFound({ visitorKey: 'browser' }),
        isFound({ addressHash: 'address' }),
      ],
      keys.map((key) => bans.has(key)),
    ],
    setNow: (ms: number) => (nowMs = ms),
  }
}

const all = (value: boolean) => [value, value, value]

test('a ban is found by person, browser and address, also by other nodes, each until its end', () => {
  const { measures, state, setNow } = create()
  measures.add(banOf())
  expect(state()).toEqual([all(true), all(true)])
  setNow(500)
  expect(state()).toEqual([
    [true, true, false],
    [true, true, false],
  ])
  setNow(1000)
  expect(state()).toEqual([all(false), all(false)])
})

test('a lifted ban leaves other bans of the same browser and address in force', () => {
  const { measures, state, bans } = create()
  const [ofBob, ofCleo] = [banOf(), banOf({ personId: 'cleo' })]
  measures.add(ofBob)
  measures.add(ofCleo)
  measures.delete(ofBob)
  expect(state()).toEqual([
    [false, true, true],
    [false, true, true],
  ])
  measures.delete(ofCleo)
  expect([state(), bans.has('cleo')]).toEqual([[all(false), all(false)], false])
})

test('a slowed search or a warning bans nobody', () => {
  const { measures, state } = create()
  for (const kind of ['slow', 'warning'] as const) measures.add(banOf({ kind }))
  expect(state()).toEqual([all(false), all(false)])
  expect(measures.of('bob', 'slow', 'warning')).toHaveLength(2)
  expect(measures.bans()).toEqual([])
})

test('purges what has ended and old warnings, and keeps a ban for good', () => {
  const { measures, setNow } = create()
  const forGood = banOf({ untilMs: null, addressHash: null, addressUntilMs: null })
  const warning = banOf({ kind: 'warning', untilMs: null, atMs: 5 })
  for (const measure of [banOf(), forGood, warning]) measures.add(measure)
  setNow(1e12)
  measures.purge(5)
  expect(measures.bans()).toEqual([forGood])
  expect(measures.of('bob', 'warning')).toEqual([warning])
  measures.purge(6)
  expect(measures.of('bob', 'warning')).toEqual([])
})
