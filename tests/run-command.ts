// Commands of the repository, as `npm run` starts them, without building.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** How a command ended, and what it printed. */
export interface Outcome {
  readonly code: number | null
  readonly output: string
}

/** Runs a file of the repository with Node, which erases its types; resolves when it has ended. */
export function runCommand(file: string, ...args: readonly string[]): Promise<Outcome> {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args])
  onTestFinished(() => void child.kill())
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
}
