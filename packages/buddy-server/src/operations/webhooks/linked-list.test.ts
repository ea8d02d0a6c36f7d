import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ListNode } from './linked-list.ts'
import { LinkedList } from './linked-list.ts'

function valuesOf<T>(list: LinkedList<T>): T[] {
  const values: T[] = []
  for (let node = list.first; node; node = node.next) values.push(node.value)
  return values
}

test('whatever is appended and taken out, it holds what an array would', () => {
  const step = fc.oneof(fc.constant('append' as const), fc.nat({ max: 20 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const list = new LinkedList<number>()
      const nodes: ListNode<number>[] = []
      for (const [index, what] of steps.entries()) {
        if (what === 'append') nodes.push(list.append(index))
        else for (const node of nodes.splice(what, 1)) list.remove(node)
        expect(valuesOf(list)).toEqual(nodes.map(({ value }) => value))
        expect(list.size).toBe(nodes.length)
      }
    }),
  )
})
