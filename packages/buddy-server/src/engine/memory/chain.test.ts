import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Chain, LinkTable } from './chain.ts'

/** Returns all items in the order of the chain. */
function itemsOf<T>(chain: Chain<T>): readonly T[] {
  const items: T[] = []
  for (let link = chain.first(); link !== 0; link = chain.after(link)) {
    items.push(chain.table.itemOf(link))
  }
  return items
}

test('has its items in the order of their ranks after any additions, removals and iterations', () => {
  const step = fc.record({
    act: fc.constantFrom('add', 'add', 'add', 'remove', 'iterate', 'look'),
    value: fc.nat({ max: 20 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const table = new LinkTable<number>()
      const chain = new Chain(table)
      const links: { readonly item: number; readonly slot: number; readonly link: number }[] = []
      for (const { act, value } of steps) {
        if (act === 'add') {
          const slot = table.claim(value, value)
          links.push({ item: value, slot, link: chain.add(slot) })
        } else if (act === 'remove' && links.length > 0) {
          const { slot, link } = links.splice(value % links.length, 1)[0]!
          chain.remove(link)
          table.release(slot)
        } else if (act === 'look') {
          // An iteration that stops early has linked in some of the late items only.
          const first = chain.first()
          if (first !== 0) chain.after(first)
        } else if (act === 'iterate') itemsOf(chain)
        expect(chain.size).toBe(links.length)
      }
      expect(itemsOf(chain)).toEqual(links.map(({ item }) => item).toSorted((a, b) => a - b))
    }),
    { numRuns: 500 },
  )
})
