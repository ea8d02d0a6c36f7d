// npm run docs: writes the pages of docs/ that are generated from code.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'

build()
const { configurationPage } =
  await import('../packages/buddy-server/dist/config/configuration-page.js')
const page = join(import.meta.dirname, '../docs/configuration.md')
writeFileSync(page, configurationPage())
process.exitCode = spawnSync('prettier', ['--write', '--log-level=warn', page]).status ?? 1
