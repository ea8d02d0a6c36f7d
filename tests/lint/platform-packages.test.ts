// The packages with the binaries of each platform: their manifests come from one table, and every list of
// packages has all of them.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'packages/platforms')
const readJson = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'))

const folders = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const packages = folders.map((name) => `@buddy-chat/${name}`)

test('every manifest is the one that the table of platforms gives', () => {
  const script = join(root, 'scripts/platform-packages.mjs')
  const output = execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  expect(output).toBe('')
  expect(folders).toHaveLength(10)
})

test('the server depends on each of them optionally, and changesets give all the version of the server', () => {
  const server = readJson('packages/buddy-server/package.json') as {
    optionalDependencies: Record<string, string>
  }
  expect(Object.keys(server.optionalDependencies).sort()).toEqual(packages)
  const { fixed } = readJson('.changeset/config.json') as { fixed: string[][] }
  expect(fixed[0]).toEqual(expect.arrayContaining(['@buddy-chat/server', ...packages]))
})

test('the installed binaries of uWebSockets.js are the recorded ones, and no others', () => {
  const script = join(root, 'scripts/addon-hashes.mjs')
  expect(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toBe('')
  const recorded = readJson('packages/platforms/addon-hashes.json') as { files: object }
  expect(Object.keys(recorded.files)).toHaveLength(24)
})
