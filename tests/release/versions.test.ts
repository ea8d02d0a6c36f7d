// `changeset version`, run in a copy of the workspace: the next version of every package, and its changelog.
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

interface Manifest {
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const root = join(import.meta.dirname, '../..')
const changeset = join(
  dirname(createRequire(import.meta.url).resolve('@changesets/cli/package.json')),
  'bin.js',
)
const manifestsOf = (folder: string): { readonly folder: string; readonly manifest: Manifest }[] =>
  ['packages/*', 'packages/platforms/*', 'examples/*', 'tests', 'bench']
    .flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: folder }))
    .map((file) => ({
      folder: join(folder, dirname(file)),
      manifest: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Manifest,
    }))
/** The packages that have the version of Buddy. The conformance suite has one of its own. */
const isVersionOfBuddy = ({
  manifest: { name, private: isPrivate },
}: {
  manifest: Manifest
}): boolean => !isPrivate && name !== '@buddy-chat/conformance'

let copy: string
const before = manifestsOf(root)

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'buddy-versions-'))
  cpSync(join(root, '.changeset'), join(copy, '.changeset'), { recursive: true })
  for (const file of ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml']) {
    cpSync(join(root, file), join(copy, file))
  }
  for (const { folder } of before) {
    const path = join(copy, folder.slice(root.length))
    mkdirSync(path, { recursive: true })
    cpSync(join(folder, 'package.json'), join(path, 'package.json'))
  }
  // A changeset of this test, so that there is one also right after a release.
  writeFileSync(
    join(copy, '.changeset/test.md'),
    `---\n'@buddy-chat/protocol': minor\n---\n\nThe first line of a test.\n\nIts second paragraph.\n`,
  )
  const git = (...args: readonly string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], {
      cwd: copy,
    })
  git('init', '--quiet', '--initial-branch=main')
  git('add', '.')
  git('commit', '--quiet', '--message=before')
  execFileSync(process.execPath, [changeset, 'version'], { cwd: copy, stdio: 'pipe' })
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

test('gives the same higher version to all packages of Buddy', () => {
  const versions = manifestsOf(copy)
    .filter(isVersionOfBuddy)
    .map(({ manifest }) => manifest.version)
  expect(versions).toHaveLength(15)
  expect(new Set(versions).size).toBe(1)
  const [major, minor] = versions[0]!.split('.').map(Number)
  const [majorBefore, minorBefore] = before
    .find(isVersionOfBuddy)!
    .manifest.version!.split('.')
    .map(Number)
  expect([major, minor]).toEqual([majorBefore, minorBefore! + 1])
})

test('keeps the ranges between packages of the workspace, and gives private packages no version', () => {
  for (const { manifest } of manifestsOf(copy)) {
    const { name, dependencies = {}, optionalDependencies = {} } = manifest
    const old = before.find((item) => item.manifest.name === name)!.manifest
    expect({ ...dependencies, ...optionalDependencies }, name).toEqual({
      ...old.dependencies,
      ...old.optionalDependencies,
    })
    if (manifest.private) expect(manifest.version).toBe(old.version)
  }
})

test('writes each changeset as one item of the changelog, and removes it', () => {
  const changelog = readFileSync(join(copy, 'packages/buddy-protocol/CHANGELOG.md'), 'utf8')
  expect(changelog).toContain('- The first line of a test.\n\n  Its second paragraph.\n')
  expect(changelog).not.toMatch(/Updated dependencies|- [0-9a-f]{7}:/)
  expect(globSync('.changeset/*.md', { cwd: copy })).toEqual([])
})
