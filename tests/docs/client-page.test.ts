// docs/client.md agrees with the docstrings of the client.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('the page and the list of codes name the same methods that reject with device codes', () => {
  const client = read('packages/buddy-client/src/client.ts')
  const methods = [
    ...client.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s+(?:async )?(\w+)\(/g),
  ].flatMap(([, docstring, name]) =>
    /@throws[^@]*(?:a device code|as `setCamera`)/.test(docstring!) ? [name!] : [],
  )
  expect(methods).toContain('start')
  const [devices] = /Device codes\..*?permission-denied/s.exec(
    read('packages/buddy-client/src/errors.ts'),
  )!
  const [paragraph] =
    /When `start\(\)` rejects with a device error.*?\n\n|When `start\(\)` rejects with a device error.*/s.exec(
      read('docs/client.md'),
    )!
  for (const text of [devices, paragraph]) {
    const named = [...text.matchAll(/`(\w+)\(\)`/g)].map(([, name]) => name!)
    expect(named.sort()).toEqual(methods.toSorted())
  }
})
