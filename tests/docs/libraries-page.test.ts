// Figures on docs/decisions/libraries.md are those of what is built.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const read = (path: string): Buffer => readFileSync(new URL(`../../${path}`, import.meta.url))

test('the bundle weighs what the page says, within 5 %', () => {
  const [, figure] = /The bundle has about (\d+) kB gzipped/.exec(
    read('docs/decisions/libraries.md').toString(),
  )!
  const bundle = read('packages/buddy-element/dist/bundle/buddy-chat.js')
  const kilobytes = gzipSync(bundle, { level: 9 }).length / 1000
  expect(Math.abs(kilobytes - Number(figure)) / kilobytes, `it is ${kilobytes} kB`).toBeLessThan(
    0.05,
  )
})
