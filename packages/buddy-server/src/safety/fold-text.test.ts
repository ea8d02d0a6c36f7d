import { expect, test } from 'vitest'
import { contactsIn } from './contacts.ts'
import { foldText } from './fold-text.ts'

test('a folded text is not longer than the part that is compared', () => {
  // U+33C2 becomes "a.m.", and U+FDFA becomes 18 characters.
  for (const text of ['\u33C2', '\uFDFA']) expect(foldText(text.repeat(1365))).toHaveLength(2000)
})

test('finds an address after many labels, and in a long mail address', () => {
  const labels = 'a.'.repeat(50)
  expect([...contactsIn(`${labels}hotcams.live`)]).toContain('link hotcams.iive')
  expect(contactsIn(`${'a'.repeat(200)}@mail.example`).size).toBe(1)
})
