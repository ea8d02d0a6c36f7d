// The files of this package that the server reads at run time: its version, and what it serves. All of them
// are read through this module, so that only this module knows where they are.
import { readFileSync } from 'node:fs'

// Here, because the command loads this module early. The earlier the id is loaded, the more of a replacement during
// the start is noticed.
export { buildId } from './build-id.ts'

/** The folder of the files that the server serves. */
const publicFolder = 'dist/public/'

/** The public file that names all others. The build writes it last. */
const manifestName = 'manifest.json'

/** What the build says about the public files. */
export interface Manifest {
  /** The version of the element in the script `v/buddy-chat.js`. */
  readonly version: string
  /** What the module `build-id.ts` of the same build contains. */
  readonly build: string
  /**
   * The hash of each public file, by its path in the public folder. It has the form of Subresource Integrity:
   * `sha384-…`. A file `name.br` or `name.gz` is the file `name`, compressed with Brotli or gzip.
   */
  readonly files: Readonly<Record<string, string>>
}

/** Returns the bytes of an own file by its path in this package, or undefined if it does not exist. */
type OwnFileSource = (name: string) => Uint8Array | undefined

/** Where the own files are, unless {@link readOwnFilesFrom} was called: in the folder of this package. */
const inPackage: OwnFileSource = (name) => {
  try {
    // This module is one folder below the package, both in src/ and in dist/.
    return readFileSync(new URL(`../${name}`, import.meta.url))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

let source = inPackage

/** Reads own files from another source from now on. The one-file server has them inside its executable. */
export function readOwnFilesFrom(other: OwnFileSource): void {
  source = other
}

/**
 * Reads an own file; `name` is its path in this package. Returns undefined if it does not exist.
 * @throws Error of the file system for any other failure, such as a missing permission
 */
export function readOwnFile(name: string): Uint8Array | undefined {
  return source(name)
}

/** Reads a file that the server serves; `name` is its path in the public folder. */
export const readPublicFile = (name: string): Uint8Array | undefined =>
  readOwnFile(publicFolder + name)

/**
 * Reads what the build says about the public files. Returns undefined if the package is not built, or if
 * this file is damaged.
 * @param read replaced only in tests
 */
export function readManifest(read = readPublicFile): Manifest | undefined {
  const bytes = read(manifestName)
  if (!bytes) return undefined
  try {
    const { version, build, files } = JSON.parse(
      new TextDecoder().decode(bytes),
    ) as Partial<Manifest>
    return version && build && files ? { version, build, files } : undefined
  } catch {
    return undefined
  }
}
