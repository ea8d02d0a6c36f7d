import { expect, test } from 'vitest'
import { createPersonKeys, newVisitor } from './person-keys.ts'

const secretKey = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'
const keys = createPersonKeys(secretKey)
const visitor = { visitorId: 'visitor', visitorSinceMs: 5 }
const person = { site: 'shop', subject: undefined, ...visitor }

test('a person is the subject of the site token, otherwise the visitor', () => {
  const withSubject = { ...person, subject: 'u1' }
  expect(keys.personKey(person)).toBe(keys.visitorKey(person))
  expect(keys.personKey(withSubject)).toBe(keys.personKey({ ...withSubject, visitorId: 'other' }))
  expect(keys.personKey(withSubject)).not.toBe(keys.personKey(person))
  expect(keys.personKey({ ...person, subject: person.visitorId })).not.toBe(keys.personKey(person))
})

test('keys differ from site to site, and a later process with the same secret computes the same ones', () => {
  const elsewhere = { ...person, site: 'club' }
  expect(keys.personKey(elsewhere)).not.toBe(keys.personKey(person))
  expect(keys.addressHash('club', '192.0.2.1')).not.toBe(keys.addressHash('shop', '192.0.2.1'))
  const later = createPersonKeys(secretKey)
  expect(later.personKey(person)).toBe(keys.personKey(person))
  expect(later.addressHash('shop', '192.0.2.1')).toBe(keys.addressHash('shop', '192.0.2.1'))
  const other = createPersonKeys(secretKey.toLowerCase())
  expect(other.personKey(person)).not.toBe(keys.personKey(person))
})

test('no key contains the value from which it was computed', () => {
  expect(keys.addressHash('shop', '192.0.2.1')).toMatch(/^[\w-]{22}$/)
  expect(keys.personKey({ ...person, subject: '192.0.2.1' })).toMatch(/^[\w-]{22}$/)
})

test('opens a visitor token only at its site, with its key and unchanged', () => {
  const token = keys.sealVisitor('shop', visitor)
  expect(keys.openVisitor('shop', token)).toEqual(visitor)
  expect(keys.openVisitor('club', token)).toBeUndefined()
  expect(createPersonKeys(secretKey.toLowerCase()).openVisitor('shop', token)).toBeUndefined()
  for (let index = 0; index < token.length; index++) {
    const changed =
      token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1)
    expect(keys.openVisitor('shop', changed)).toBeUndefined()
  }
  expect(keys.openVisitor('shop', '')).toBeUndefined()
})

test('each new visitor has an id of its own', () => {
  expect(newVisitor(1).visitorId).not.toBe(newVisitor(1).visitorId)
})

test('operators can pass every key to a command, because none begins with a hyphen', () => {
  for (let number = 0; number < 1000; number++) {
    expect(keys.personKey({ ...person, subject: `${number}` })).toMatch(/^\w/)
  }
})
