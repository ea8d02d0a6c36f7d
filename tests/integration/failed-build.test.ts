// A build that fails or is killed changes nothing, or leaves no server that could be started.
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { copyWorkspace, hashBuiltFiles } from './workspace-copy.ts'
import type { WatchedProcess } from './watched-process.ts'
import { watchProcess } from './watched-process.ts'

const root = join(import.meta.dirname, '../..')

/** Runs Node in a process group of its own, which ends with the test. */
function runNode(args: readonly string[], cwd = root): WatchedProcess & { kill(): void } {
  const child = spawn(process.execPath, args, {
    cwd,
    detached: true,
    env: { PATH: process.env['PATH'], PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const kill = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // The process has ended.
    }
  }
  onTestFinished(kill)
  return { ...watchProcess(child), kill }
}

test('a killed build and one that does not compile leave the previous build, which npm start does not run', async () => {
  const copy = copyWorkspace()
  const before = hashBuiltFiles(copy)
  expect(Object.keys(before)).toEqual(
    expect.arrayContaining(['buddy-server/dist/cli.js', 'buddy-protocol/dist/index.js']),
  )

  const killed = runNode(['scripts/build.mjs'], copy)
  const unfinished = join(copy, 'dist/builds', String(killed.child.pid))
  await expect
    .poll(() => existsSync(join(unfinished, 'packages/buddy-protocol/dist/index.js')), {
      timeout: 60_000,
    })
    .toBe(true)
  killed.kill()
  await killed.exited
  expect(existsSync(unfinished)).toBe(true)
  expect(hashBuiltFiles(copy)).toEqual(before)

  appendFileSync(join(copy, 'packages/buddy-protocol/src/index.ts'), '\nexport const = 1\n')
  const broken = runNode(['scripts/start.mjs'], copy)
  expect(await broken.exited).toBe(1)
  expect(broken.output()).toContain('The build failed, so no server was started.')
  expect(broken.output()).toContain('node packages/buddy-server/dist/cli.js --dev')
  expect(readdirSync(join(copy, 'dist/builds'))).toEqual([])
  expect(hashBuiltFiles(copy)).toEqual(before)

  const server = runNode(['packages/buddy-server/dist/cli.js', '--dev'], copy)
  expect((await fetch(`${await server.url()}/readyz`)).status).toBe(200)
}, 120_000)

const folders = ['a', 'b', 'server'].map((name) => `packages/${name}/dist`)

/** Creates a workspace with a previous and a new build, which contain one file in each folder. */
function twoBuilds(): { readonly workspace: string; readonly work: string } {
  const workspace = mkdtempSync(join(tmpdir(), 'buddy-swap-'))
  onTestFinished(() => rmSync(workspace, { recursive: true, force: true }))
  const work = join(workspace, 'dist/builds/1')
  for (const [place, build] of [
    [workspace, 'previous'],
    [work, 'new'],
  ] as const) {
    for (const folder of folders) {
      const file = join(place, folder, 'build.txt')
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, build)
    }
  }
  return { workspace, work }
}

/** Returns which build each folder contains, or `undefined` for a missing folder. */
function builds(workspace: string): readonly (string | undefined)[] {
  return folders.map((folder) => {
    const file = join(workspace, folder, 'build.txt')
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined
  })
}

/** Replaces the previous build in a process, which `before` prepares. Resolves with its exit code. */
async function swapIn(workspace: string, work: string, before = ''): Promise<number | null> {
  const script = `
    import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    const { swapIn } = await import('${pathToFileURL(join(root, 'scripts/staged-workspace.mjs')).href}')
    ${before}
    swapIn(${JSON.stringify(workspace)}, ${JSON.stringify(work)}, ${JSON.stringify(folders)})
  `
  return runNode(['--input-type=module', '--eval', script]).exited
}

test('a new build replaces all folders', async () => {
  const { workspace, work } = twoBuilds()
  expect(await swapIn(workspace, work)).toBe(0)
  expect(builds(workspace)).toEqual(['new', 'new', 'new'])
})

test('whenever the replacement is killed, the server is missing, or everything is of one build', async () => {
  const seen = new Set<string>()
  for (let renames = 0; ; renames++) {
    const { workspace, work } = twoBuilds()
    const killBefore = `
      let left = ${renames}
      const { renameSync } = fs
      fs.renameSync = (...paths) => {
        if (left-- === 0) process.kill(process.pid, 'SIGKILL')
        renameSync(...paths)
      }
      syncBuiltinESMExports()
    `
    const code = await swapIn(workspace, work, killBefore)
    const [first, second, server] = builds(workspace)
    seen.add(String(server))
    if (server !== undefined) expect([first, second]).toEqual([server, server])
    if (code === 0) break
  }
  // The process was killed before, during and after the replacement.
  expect([...seen]).toEqual(['previous', 'undefined', 'new'])
})

test('if one folder cannot be replaced, all of them are restored', async () => {
  const { workspace, work } = twoBuilds()
  rmSync(join(work, folders[1]!), { recursive: true })
  expect(await swapIn(workspace, work)).toBe(1)
  expect(builds(workspace)).toEqual(['previous', 'previous', 'previous'])
})
