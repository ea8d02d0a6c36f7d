// The bundle size in docs/decisions/libraries.md is the size of the built bundle.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const read = (path: string): Buffer => readFileSync(new URL(`../../${path}`, import.meta.url))

test('the size of the bundle is within 5 % of the figure on the page', () => {
  const [, figure] = /The bundle has about (\d+) kB gzipped/.exec(
    read('docs/decisions/libraries.md').toString(),
  )!
  const bundle = read('packages/buddy-element/dist/bundle/buddy-chat.js')
  const kilobytes = gzipSync(bundle, { level: 9 }).length / 1000
  expect(Math.abs(kilobytes - Number(figure)) / kilobytes, `it is ${kilobytes} kB`).toBeLessThan(
    0.05,
  )
})
