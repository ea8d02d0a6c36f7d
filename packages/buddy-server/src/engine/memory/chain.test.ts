import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Chain, type Link } from './chain.ts'

/** Returns all items in the order of the chain. */
function itemsOf<T>(chain: Chain<T>): readonly T[] {
  const items: T[] = []
  for (let link = chain.first(); link; link = chain.after(link)) items.push(link.item)
  return items
}

test('has its items in the order of their ranks after any additions, removals and iterations', () => {
  const step = fc.record({
    act: fc.constantFrom('add', 'add', 'add', 'remove', 'iterate', 'look'),
    value: fc.nat({ max: 20 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const chain = new Chain<number>()
      const links: Link<number>[] = []
      for (const { act, value } of steps) {
        if (act === 'add') links.push(chain.add(value, value))
        else if (act === 'remove' && links.length > 0) {
          chain.remove(links.splice(value % links.length, 1)[0]!)
        } else if (act === 'look') {
          // An iteration that stops early has linked in some of the late items only.
          const first = chain.first()
          if (first) chain.after(first)
        } else if (act === 'iterate') itemsOf(chain)
        expect(chain.size).toBe(links.length)
      }
      expect(itemsOf(chain)).toEqual(links.map(({ item }) => item).toSorted((a, b) => a - b))
    }),
    { numRuns: 500 },
  )
})
