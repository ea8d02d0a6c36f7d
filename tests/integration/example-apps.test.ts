// Vite builds every example app. `npm run test:examples` also checks their types, and makes calls in them.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyExample } from '../examples/example-copy.ts'

const folder = join(import.meta.dirname, '../../examples')
const apps = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'tsconfig.json')))

test('there are four apps', () => {
  expect(apps).toEqual(['headless', 'react', 'svelte', 'vue'])
})

test.for(apps)('Vite builds examples/%s', async (name) => {
  const example = copyExample(name)
  const { code, output } = await example.run(['node_modules/.bin/vite', 'build'])
  expect(code, output).toBe(0)
  expect(output).toMatch(/dist\/assets\/index-.*\.js/)
})
