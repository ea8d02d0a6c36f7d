import { BuddyError } from '@buddy-chat/client'
import { describe, expect, test } from 'vitest'
import { english } from './english.ts'
import { explain, explainCallEnd, explainCheck, explainDevice } from './explain.ts'
import { fill, fillPlural } from './fill.ts'
import type { Words } from './words.ts'

describe('fill', () => {
  test('replaces every placeholder by its value, and replaces nothing within the value', () => {
    expect(fill('{label} ({key})', { label: '$& {key}', key: 'N' })).toBe('$& {key} (N)')
    expect(fill('{a}{a} {b}', { a: 1, b: 2 })).toBe('11 2')
    expect(fill('nothing', {})).toBe('nothing')
  })

  test('refuses a missing value as a type error', () => {
    // @ts-expect-error
    fill(english.connected, {})
    // @ts-expect-error
    fill(english.withKey, { label: 'Next' })
    // @ts-expect-error
    expect(() => fill(english.wrong, {})).toThrow(TypeError)
  })
})

test('fillPlural chooses the text by the plural rules of the language', () => {
  const texts = { one: '{count} osoba', few: '{count} osoby', other: '{count} osób' } as const
  const counts = [1, 2, 5, 22, 25]
  expect(counts.map((count) => fillPlural('pl', texts, count))).toEqual([
    '1 osoba',
    '2 osoby',
    '5 osób',
    '22 osoby',
    '25 osób',
  ])
  expect([1, 2].map((count) => fillPlural('en', english.faults, count))).toEqual([
    'One thing is in the way.',
    '2 things are in the way.',
  ])
  expect(fillPlural('en', { other: '{count} here' }, 1)).toBe('1 here')
})

test('a missing key or placeholder in the words of another language is a type error', () => {
  const complete: Pick<Words, 'withKey' | 'next' | 'faults' | 'checkResults'> = {
    withKey: '({key}) {label}',
    next: 'Weiter',
    faults: { one: 'jeden', few: '{count} few', many: '{count} many', other: '{count} other' },
    checkResults: { ok: 'gut', failed: 'schlecht', skipped: 'nicht', running: 'jetzt' },
  }
  expect(fill(complete.withKey, { label: complete.next, key: 'N' })).toBe('(N) Weiter')
  // @ts-expect-error
  expect(() => fill(complete.withKey, { label: 'Weiter' })).not.toThrow()
  // @ts-expect-error
  const unfilled: Pick<Words, 'withKey'> = { withKey: '{label}' }
  // @ts-expect-error
  const partial: Pick<Words, 'next' | 'stop'> = { next: 'Weiter' }
  expect([unfilled, partial]).toHaveLength(2)
})

describe('explain', () => {
  test.for([
    ['permission-denied', ['camera'], 'Allow camera for this page in the address bar'],
    ['permission-denied', ['microphone'], 'Allow microphone for this page in the address bar'],
    ['permission-denied', ['camera', 'microphone'], 'Allow camera and microphone for this page'],
    ['device-not-found', ['camera'], 'No camera found: Plug one in'],
    ['device-not-found', ['camera', 'microphone'], 'No camera or microphone found: Plug in a mic'],
    ['device-busy', ['microphone'], 'Your microphone is busy: Another program'],
    ['device-busy', ['camera', 'microphone'], 'Your camera is busy: Another program'],
    ['invalid-options', [], 'Something is set up wrong: for developers'],
    ['server-error', [], 'Something went wrong: for developers'],
  ] as const)('%s with devices %s: “%s…”', ([code, devices, start]) => {
    const { title, body } = explain(english, new BuddyError(code, 'for developers', { devices }))
    expect(`${title}: ${body}`).toContain(start)
  })

  test('returns general words for an unknown code', () => {
    const error = new BuddyError('from-a-later-version' as 'server-error', 'for developers')
    expect(explain(english, error)).toEqual({
      title: 'Something went wrong',
      body: 'for developers',
    })
  })
})

test('explainDevice names the device that is used instead, if the browser has a name for it', () => {
  const change = {
    device: 'camera',
    status: 'replaced',
    label: 'FaceTime',
    error: undefined,
  } as const
  expect(explainDevice(english, change)).toBe('Your camera is gone. Now using FaceTime.')
  expect(explainDevice(english, { ...change, label: '' })).toBe(
    'Your camera is gone. Now using another.',
  )
})

test('explainCallEnd returns undefined if the visitor ended the call', () => {
  expect(explainCallEnd(english, 'partner-next', 'Bob')).toBe('Bob moved on.')
  expect(explainCallEnd(english, 'next', 'Bob')).toBeUndefined()
})

test.for([
  ['microphone', 'permission-denied', 'Allow the microphone for this page in the address bar.'],
  ['camera', 'overconstrained', 'The camera did not open.'],
  ['server', 'banned', 'The server does not let you in (banned).'],
  ['ice-servers', 'ice-url-refused', 'so calls go without it: stun:a:53, stun:b:53.'],
  ['turn-udp', 'relay-unavailable', 'the server has no relay (TURN).'],
] as const)('explainCheck: %s with %s: “…%s”', ([name, code, part]) => {
  const urls = code === 'ice-url-refused' ? ['stun:a:53', 'stun:b:53'] : []
  expect(explainCheck(english, { name, code, urls, result: 'failed' })).toContain(part)
})
