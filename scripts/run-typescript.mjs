import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from './build.mjs'

const root = join(import.meta.dirname, '..')

/** Builds, then runs a TypeScript file of the tests (its types are erased by Node) with our arguments. */
export function runTypeScript(path) {
  build()
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, path), ...process.argv.slice(2)],
    { stdio: 'inherit' },
  )
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('exit', (code) => process.exit(code ?? 1))
}
