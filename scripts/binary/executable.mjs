// Puts a script and its assets into a copy of Node: a single executable application.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Runs a command, and shows its output only if it fails. */
function run(command, args, options) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    ...options,
  })
  if (status === 0) return
  throw new Error(`${command} ${args.join(' ')} failed: ${error ?? stdout + stderr}`)
}

/**
 * Removes the symbols that only debuggers read, which are an eighth of Node. The symbols that addons need stay.
 * @returns false if this machine has no `strip`
 */
function strip(file) {
  const { error } = spawnSync('strip', ['--version'])
  if (error) return false
  run('strip', [file])
  return true
}

/**
 * Writes an executable that runs `main`.
 * @param folder a folder for intermediate files, which contains `main`
 * @param main the name of a script in `folder`
 * @param assets paths by name
 * @param node the executable of Node for the platform
 * @param platform where the executable will run, as in `process.platform`
 */
export function makeExecutable({ folder, main, assets, node, platform, file }) {
  const config = { main, output: 'blob', disableExperimentalSEAWarning: true, assets }
  writeFileSync(join(folder, 'sea.json'), JSON.stringify(config))
  // In `folder`, because the executable contains the path of the script.
  run(process.execPath, ['--experimental-sea-config', 'sea.json'], { cwd: folder })
  copyFileSync(node, file)
  chmodSync(file, 0o755)
  if (platform === 'darwin') run('codesign', ['--remove-signature', file])
  if (platform === 'linux' && !strip(file)) {
    console.warn(
      'strip (package binutils) is missing: the executable is 18 MB larger than it needs to be.',
    )
  }
  run(process.execPath, [
    createRequire(import.meta.url).resolve('postject/dist/cli.js'),
    file,
    'NODE_SEA_BLOB',
    join(folder, 'blob'),
    '--sentinel-fuse',
    'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
    ...(platform === 'darwin' ? ['--macho-segment-name', 'NODE_SEA'] : []),
  ])
  // macOS on ARM runs signed executables only. This signature contains no name.
  if (platform === 'darwin') run('codesign', ['--sign', '-', file])
}
