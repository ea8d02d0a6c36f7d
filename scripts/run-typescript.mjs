import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from './build.mjs'

const root = join(import.meta.dirname, '..')

/** Builds the packages, then runs a TypeScript file with `args`. Node strips its types. */
export function runTypeScript(path, args = process.argv.slice(2)) {
  build()
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, path), ...args],
    { stdio: 'inherit' },
  )
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('exit', (code) => process.exit(code ?? 1))
}
