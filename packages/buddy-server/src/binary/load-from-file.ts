import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { AddonPlace } from './addon-places.ts'
import { isPrivate, makePrivateFolder, preparePrivateFolder } from './private-folder.ts'

/** Returns whether `file` has exactly these bytes, and no other user can change it. */
function isIntact(file: string, bytes: Uint8Array): boolean {
  let descriptor
  try {
    // Follows no symbolic link. Windows does not have this flag.
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch {
    return false
  }
  try {
    const stats = fstatSync(descriptor)
    return (
      stats.isFile() &&
      isPrivate(stats) &&
      stats.size === bytes.length &&
      readFileSync(descriptor).equals(bytes)
    )
  } finally {
    closeSync(descriptor)
  }
}

/** Others may read the file, so that an administrator can prepare it for another user. */
const newFile = { flag: 'wx', mode: 0o755 } as const

/** Deletes a file if possible. */
function discard(file: string): void {
  try {
    rmSync(file)
  } catch {
    // The reason why the file could not be written matters more to the operator.
  }
}

/** Writes `file` so that other processes see either its previous state or all of it. */
function replace(file: string, bytes: Uint8Array): void {
  const unfinished = `${file}.${randomUUID()}`
  try {
    writeFileSync(unfinished, bytes, newFile)
    renameSync(unfinished, file)
  } catch (error) {
    discard(unfinished)
    throw error
  }
}

/** What is loaded. */
interface Content {
  /** The name of the file. Different for different bytes, so that versions of the server share a folder. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** Keeps the file for later starts. */
function loadKept<T>(folder: string, { name, bytes }: Content, load: (file: string) => T): T {
  const file = join(preparePrivateFolder(folder), name)
  if (!isIntact(file, bytes)) replace(file, bytes)
  return load(file)
}

/** Deletes the file as soon as it is loaded, which does not affect the loaded code. */
function loadOnce<T>(folder: string, { name, bytes }: Content, load: (file: string) => T): T {
  const own = makePrivateFolder(folder)
  try {
    const file = join(own, name)
    writeFileSync(file, bytes, newFile)
    return load(file)
  } finally {
    rmSync(own, { recursive: true })
  }
}

/**
 * Writes `content` to a file in the first suitable place, and returns what `load` returns for it. A place is
 * unsuitable if other users could replace the file, if it cannot be written, or if `load` throws, because files
 * of some disks may not be executed.
 * @throws Error that gives the reason for each place
 */
export function loadFromFile<T>(
  places: readonly AddonPlace[],
  content: Content,
  load: (file: string) => T,
): T {
  const reasons: string[] = []
  for (const { folder, isTemporary } of places) {
    try {
      return (isTemporary ? loadOnce : loadKept)(folder, content, load)
    } catch (error) {
      reasons.push(`${folder}: ${(error as Error).message}`)
    }
  }
  throw new Error(reasons.join('\n'))
}
