// Builds every package and the browser bundle, unless their inputs have not changed since the last build.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
const stamp = join(root, 'node_modules', '.buddy-build')
const publicDirectory = join(root, 'packages/buddy-server/dist/public')

const dashboard = 'packages/buddy-server/dashboard'
const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)

const inputs = [
  'pnpm-lock.yaml',
  'tsconfig.base.json',
  'tsconfig.json',
  'scripts/build.mjs',
  ...packages.flatMap((name) =>
    ['src', 'demo', 'dashboard', 'package.json', 'tsconfig.json', 'rollup.config.mjs'].map(
      (file) => `${name}/${file}`,
    ),
  ),
]

function fingerprint() {
  const hash = createHash('sha256')
  const add = (path) => {
    if (!existsSync(path)) return
    const stats = statSync(path)
    if (stats.isDirectory()) {
      // Build output is not an input. The dashboard's dist/ is inside its source directory.
      const names = readdirSync(path).filter((name) => name !== 'dist')
      for (const name of names.sort()) add(join(path, name))
    } else hash.update(`${path} ${stats.mtimeMs} ${stats.size}\n`)
  }
  for (const input of inputs) add(join(root, input))
  return hash.digest('hex')
}

/** Runs a command that the package in `cwd` (or the workspace) depends on. */
function run(command, args, cwd = root) {
  const path = join(cwd, 'node_modules/.bin', command)
  const { status, error } = spawnSync(path, args, { cwd, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`, { cause: error })
}

/** Brings dist/ of every package up to date. @throws Error if the sources do not compile */
export function build() {
  const current = fingerprint()
  const isCurrent =
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === current &&
    existsSync(join(publicDirectory, 'buddy-chat.js')) &&
    existsSync(join(publicDirectory, 'dashboard/dashboard.js')) &&
    packages.every((name) => existsSync(join(root, name, 'dist')))
  if (isCurrent) return
  console.log('Building …')
  // Deletes dist/ first. Otherwise the output of deleted sources would stay, and would be published.
  for (const name of [...packages, dashboard]) {
    rmSync(join(root, name, 'dist'), { recursive: true, force: true })
  }
  run('tsc', ['-b', ...packages, dashboard])
  run('rollup', ['--config', '--silent'], join(root, 'packages/buddy-element'))
  mkdirSync(publicDirectory, { recursive: true })
  cpSync(join(root, 'packages/buddy-server/demo'), publicDirectory, { recursive: true })
  cpSync(
    join(root, 'packages/buddy-element/dist/bundle/buddy-chat.js'),
    join(publicDirectory, 'buddy-chat.js'),
  )
  run(
    'rollup',
    ['--config', 'dashboard/rollup.config.mjs', '--silent'],
    join(root, 'packages/buddy-server'),
  )
  for (const name of ['index.html', 'dashboard.css']) {
    cpSync(join(root, dashboard, name), join(publicDirectory, 'dashboard', name))
  }
  writeFileSync(stamp, current)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    build()
  } catch (error) {
    console.error(error.message, error.cause ?? '')
    process.exitCode = 1
  }
}
