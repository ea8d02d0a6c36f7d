import type { Stats } from 'node:fs'
import { lstatSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

const writableByGroupOrOthers = 0o022
const sticky = 0o1000

/**
 * Returns whether only the user of this process, the administrator and the owner of the root folder can change
 * what `stats` describes. The owner of the root folder can replace every file of the system anyway. Always true
 * on Windows, where files have no such modes, and the cache folder of a user is closed to other users.
 */
export function isPrivate({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): boolean {
  if (process.getuid === undefined) return true
  const trusted = [process.getuid(), 0, lstatSync('/').uid]
  return trusted.includes(uid) && (mode & writableByGroupOrOthers) === 0
}

/** @throws Error if other users can replace an entry of `folder` that belongs to the user of this process */
function assertSafeParent(folder: string): void {
  const { uid, mode } = lstatSync(folder)
  // With the sticky bit, as /tmp has it, users can replace their own entries only.
  const isSafe = isPrivate({ uid, mode: mode & sticky ? mode & ~writableByGroupOrOthers : mode })
  if (!isSafe) throw new Error(`other users can write to ${folder}`)
  if (folder !== dirname(folder)) assertSafeParent(dirname(folder))
}

/**
 * Makes sure that a folder exists, and that no other user can replace it or its entries.
 * @returns its path without symbolic links
 * @throws Error if other users can, or of the file system
 */
export function preparePrivateFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const path = realpathSync(folder)
  if (!isPrivate(lstatSync(path))) throw new Error(`other users can write to ${path}`)
  assertSafeParent(dirname(path))
  return path
}

/**
 * Makes a folder with a new name inside `parent`, which no other user can replace.
 * @returns its path
 * @throws Error if other users can, or of the file system
 */
export function makePrivateFolder(parent: string): string {
  const path = realpathSync(parent)
  assertSafeParent(path)
  return mkdtempSync(join(path, 'buddy-server-'))
}
