import { expect, test } from 'vitest'
import { newId, toId } from './ids.ts'

test('no id begins with a hyphen, which commands would take for an option', () => {
  expect(toId(Buffer.from([0xf8, 0, 0]))).toBe('_AAA')
  expect(toId(Buffer.from([0, 0xf, 0x80]))).toBe('AA-A')
  const ids = Array.from({ length: 1000 }, newId)
  for (const id of ids) expect(id).toMatch(/^\w[\w-]{15}$/)
  expect(new Set(ids).size).toBe(ids.length)
})
