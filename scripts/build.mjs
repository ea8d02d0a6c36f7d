// Builds every package and the browser bundle, unless their inputs have not changed since the last build.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { completePublicFiles, filesIn, isComplete } from './public-files.mjs'
import { stageWorkspace, swapIn } from './staged-workspace.mjs'

const root = join(import.meta.dirname, '..')
/** Contains the fingerprint of the sources of the finished build. */
const stamp = join(root, 'dist', 'build-fingerprint')

const client = 'packages/buddy-client'
const element = 'packages/buddy-element'
const guard = 'packages/buddy-guard'
const server = 'packages/buddy-server'
const publicFolder = `${server}/dist/public`

/** The packages with code. The server is the last one, because it imports others and contains their results. */
const packages = readdirSync(join(root, 'packages'))
  .map((name) => `packages/${name}`)
  .filter((name) => name !== server && existsSync(join(root, name, 'tsconfig.json')))
  .concat(server)

/** What a build makes, in the order in which it replaces the results of the previous build. */
const results = packages.map((name) => `${name}/dist`)

/**
 * The stages of a build, in order. Each runs in a copy of the workspace: `work` is its root, and the stages
 * before it have written their results there.
 */
const stages = [
  function compile(work) {
    run('tsc', ['-b', ...packages, `${server}/pages`], { cwd: work })
  },
  function versions(work) {
    for (const name of [element, client]) {
      fillIn(join(work, name, 'dist/version.js'), versionOf(name))
    }
  },
  function serverCodec(work) {
    run('rollup', ['--config', '--silent'], { of: server, cwd: join(work, server) })
  },
  function scriptTagBundle(work) {
    run('rollup', ['--config', '--silent'], { of: element, cwd: join(work, element) })
    // The server serves this folder below /v/<version>/.
    cpSync(join(work, element, 'dist/bundle'), join(work, publicFolder, 'v'), { recursive: true })
  },
  function guardScripts(work) {
    runNode(join(work, guard, 'build-scripts.mjs'), { cwd: work })
    for (const name of ['buddy-guard.js', 'buddy-guard-worker.js', 'THIRD-PARTY-NOTICES.txt']) {
      cpSync(join(work, guard, 'dist', name), join(work, publicFolder, 'v/guard', name))
    }
  },
  function pages(work) {
    run('vite', ['build', 'pages', '--logLevel', 'warn'], { of: server, cwd: join(work, server) })
  },
  function publicFiles(work) {
    const build = hashOfCode(work)
    fillIn(join(work, server, 'dist/build-id.js'), build)
    completePublicFiles(join(work, publicFolder), { version: versionOf(element), build })
  },
]

/** Puts a value into a built file that has `'unbuilt'` in its place. */
function fillIn(file, value) {
  const code = readFileSync(file, 'utf8')
  if (!code.includes("'unbuilt'")) throw new Error(`${file} has no place for a value of the build`)
  writeFileSync(file, code.replace("'unbuilt'", `'${value}'`))
}

/** The same sources always give the same hash. */
function hashOfCode(work) {
  const hash = createHash('sha256')
  for (const folder of results) {
    const files = filesIn(join(work, folder)).filter((name) => name.endsWith('.js'))
    for (const name of files) {
      hash.update(`${folder}/${name}\n`).update(readFileSync(join(work, folder, name)))
    }
  }
  return hash.digest('hex').slice(0, 32)
}

const versionOf = (name) =>
  JSON.parse(readFileSync(join(root, name, 'package.json'), 'utf8')).version

/** Runs a command that the package `of` (or the workspace) depends on. */
function run(command, args, { of = '.', cwd }) {
  const isWindows = process.platform === 'win32'
  const path = join(root, of, 'node_modules/.bin', isWindows ? `${command}.cmd` : command)
  const { status, error } = spawnSync(path, args, { cwd, stdio: 'inherit', shell: isWindows })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`, { cause: error })
}

function runNode(script, { cwd }) {
  const { status, error } = spawnSync(process.execPath, [script], { cwd, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${script} failed`, { cause: error })
}

/** Returns the paths of all sources. Build output is no source. */
function sources() {
  const walk = (folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter(({ name }) => name !== 'dist' && name !== 'node_modules')
      .flatMap((entry) => {
        const path = `${folder}/${entry.name}`
        return entry.isDirectory() ? walk(path) : [path]
      })
  return ['package.json', 'tsconfig.base.json', 'tsconfig.json', ...packages.flatMap(walk)].sort()
}

/** Changes when a source changes, or the way in which the sources are built. */
function fingerprint(files) {
  const hash = createHash('sha256')
  const scripts = ['build', 'public-files', 'staged-workspace'].map((name) => `scripts/${name}.mjs`)
  for (const file of ['pnpm-lock.yaml', ...scripts, ...files]) {
    const { mtimeMs, size } = statSync(join(root, file))
    hash.update(`${file} ${mtimeMs} ${size}\n`)
  }
  return hash.digest('hex')
}

/**
 * Brings dist/ of every package up to date. If this fails, the results of the previous build stay as they are.
 * @throws Error if a stage fails, for example because the sources do not compile
 */
export function build() {
  const files = sources()
  const current = fingerprint(files)
  const isCurrent =
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === current &&
    isComplete(join(root, publicFolder)) &&
    results.every((folder) => existsSync(join(root, folder)))
  if (isCurrent) return
  console.log('Building …')
  const work = stageWorkspace(root, packages, files)
  try {
    for (const stage of stages) stage(work)
    // If the process is killed while the results are replaced, the next build starts again.
    rmSync(stamp, { force: true })
    swapIn(root, work, results)
    writeFileSync(stamp, current)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    build()
  } catch (error) {
    console.error(error.message, error.cause ?? '')
    process.exitCode = 1
  }
}
