import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needsSqlite } from './needs-sqlite.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'buddy-needs-sqlite-'))
  writeFileSync(join(folder, 'with.yaml'), 'port: 1\ndata_dir: /var/lib/buddy\n')
  writeFileSync(join(folder, 'without.yaml'), 'port: 1\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a data folder in a variable, a flag or the configuration file', () => {
  const [file, other] = [join(folder, 'with.yaml'), join(folder, 'without.yaml')]
  expect(needsSqlite([], { DATA_DIR: '/data' })).toBe(true)
  expect(needsSqlite(['--data-dir', '/data'], {})).toBe(true)
  expect(needsSqlite(['audit', 'verify', '--data-dir=/data'], {})).toBe(true)
  expect(needsSqlite([`--config=${file}`], {})).toBe(true)
  expect(needsSqlite(['--config', file], {})).toBe(true)
  expect(needsSqlite([], { CONFIG_FILE: file })).toBe(true)
  // A flag overrides the variable.
  expect(needsSqlite(['--config', other], { CONFIG_FILE: file })).toBe(false)
})

test('no data folder', () => {
  expect(needsSqlite([], {})).toBe(false)
  expect(needsSqlite(['--dev'], { DATA_DIR: '' })).toBe(false)
  expect(needsSqlite(['--config', join(folder, 'without.yaml')], {})).toBe(false)
  expect(needsSqlite(['--config', join(folder, 'missing.yaml')], {})).toBe(false)
  expect(needsSqlite(['--config'], {})).toBe(false)
})
