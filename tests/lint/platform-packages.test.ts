// The packages with the binaries of each platform: their manifests come from one table, and every list of
// packages has all of them.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
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
  const recorded = readJson('packages/platforms/addon-hashes.json') as {
    package: string
    files: Record<string, { bytes: number; sha256: string; gitBlob: string }>
  }
  const installed = join(root, 'packages/buddy-server/node_modules/uWebSockets.js')
  const { name, version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    name: string
    version: string
  }
  expect(recorded.package).toBe(`${name}@${version}`)
  const files = readdirSync(join(installed, 'dist/bin')).map((file) => {
    const content = readFileSync(join(installed, 'dist/bin', file))
    const sha256 = createHash('sha256').update(content).digest('hex')
    // The name that Git gives to this content, by which it can be found in upstream's repository.
    const gitBlob = createHash('sha1').update(`blob ${content.length}\0`).update(content)
    return [file, { bytes: content.length, sha256, gitBlob: gitBlob.digest('hex') }]
  })
  expect(Object.fromEntries(files)).toEqual(recorded.files)
})
