import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CommandError } from '../commands/command-error.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder does not exist',
  EACCES: 'the user of this process may not write to its folder',
  EPERM: 'the user of this process may not write to its folder',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'its name is too long',
}

function failure(path: string, error: unknown): CommandError {
  const { code = '', message } = error as NodeJS.ErrnoException
  return new CommandError(`${path} cannot be written: ${reasons[code] ?? message}`)
}

const exists = (path: string): CommandError =>
  new CommandError(
    `${path} exists already: name another file with --file, or replace it with --force`,
  )

/**
 * Checks that a file can be created, without creating it.
 * @param mayReplace whether the file may exist
 * @throws CommandError
 */
export function checkNewFile(path: string, mayReplace: boolean): void {
  let existing
  try {
    // A symbolic link counts as a file, wherever it leads.
    existing = lstatSync(path, { throwIfNoEntry: false })
    if (!existing) statSync(dirname(resolve(path)))
  } catch (error) {
    throw failure(path, error)
  }
  if (existing?.isDirectory()) throw failure(path, { code: 'EISDIR' })
  if (existing && !mayReplace) throw exists(path)
}

/**
 * Creates a file that only its owner can read and write. A reader finds the whole file or none. Never writes
 * through a symbolic link.
 * @param mayReplace whether an existing file is replaced
 * @param check is called with a temporary file that has the same text. If it throws, nothing is written
 * @throws CommandError, for example if the file exists and must not be replaced
 */
export function writeNewFile(
  path: string,
  text: string,
  mayReplace: boolean,
  check: (temporary: string) => void,
): void {
  const temporary = join(dirname(path), `.buddy-${randomBytes(8).toString('hex')}.tmp`)
  let isClaimed = false
  try {
    checkNewFile(path, mayReplace)
    if (!mayReplace) {
      // An empty file reserves the name: this fails if another process has just created the file.
      closeSync(openSync(path, 'wx', 0o600))
      isClaimed = true
    }
    const file = openSync(temporary, 'wx', 0o600)
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    check(temporary)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    if (isClaimed) rmSync(path, { force: true })
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw code === 'EEXIST' ? exists(path) : failure(path, error)
  }
}
