// `npm run docs` generates docs/configuration.md from the schema of the settings.
import { readFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { expect, test } from 'vitest'
import { configurationPage } from '../../packages/buddy-server/src/config/configuration-page.ts'

test('docs/configuration.md is up to date with the schema', async () => {
  const path = new URL('../../docs/configuration.md', import.meta.url)
  const options = await resolveConfig(path)
  const current = await format(configurationPage(), { ...options, parser: 'markdown' })
  expect(readFileSync(path, 'utf8')).toBe(current)
})
