// Runs a command of the repository as `npm run` does, but without building first.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** The exit code of a command and what it printed, stdout and stderr together. */
export interface Outcome {
  readonly code: number | null
  readonly output: string
}

/**
 * Runs a TypeScript file of the repository with Node, which strips its types. Resolves when the
 * process ends.
 */
export function runCommand(file: string, ...args: readonly string[]): Promise<Outcome> {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args])
  onTestFinished(() => void child.kill())
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
}
