import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { WatchedProcess } from './integration/watched-process.ts'
import { watchProcess } from './integration/watched-process.ts'
import { copyWorkspace } from './integration/workspace-copy.ts'

/** `npm run dev` in a copy of the workspace. */
export interface Development extends WatchedProcess {
  /** Resolves with the URL of the example app. */
  readonly exampleUrl: () => Promise<string>
  /** Replaces `before`, which the file of the copy must contain, by `after`. */
  readonly edit: (file: string, before: string, after: string) => void
}

/** Starts what `npm run dev` runs, without a build, at `port`. It ends with the test. */
export function startDevelopment({ port = 0, example = 'none' } = {}): Development {
  const workspace = copyWorkspace()
  const packages = join(workspace, 'packages')
  // As in a new clone, nothing is built.
  for (const name of readdirSync(packages))
    rmSync(join(packages, name, 'dist'), { recursive: true, force: true })
  const args = [`--port=${port}`, `--example=${example}`, '--example-port=0']
  const child = spawn(process.execPath, ['scripts/develop.mjs', ...args], {
    cwd: workspace,
    env: { PATH: process.env['PATH'], ICE_SERVERS: '' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const development = watchProcess(child)
  return {
    ...development,
    exampleUrl: async () => (await development.matches(/(http:\S+) +examples\//))[1]!,
    edit: (name, before, after) => {
      const file = join(workspace, name)
      const text = readFileSync(file, 'utf8')
      expect(text).toContain(before)
      writeFileSync(file, text.replace(before, after))
    },
  }
}
