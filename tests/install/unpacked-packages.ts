// The files of the packed packages, as npm would unpack them.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { afterAll } from 'vitest'

const packedFolder = join(import.meta.dirname, '../../dist/npm')

/** What a test reads of a manifest. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports?: unknown
  readonly engines?: unknown
  readonly scripts?: Readonly<Record<string, string>>
  readonly repository?: { readonly url: string; readonly directory: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** One packed package. */
export interface UnpackedPackage {
  readonly manifest: Manifest
  readonly tarball: string
  /** Where it is unpacked. */
  readonly folder: string
  /** Paths of all files relative to the folder, with slashes. */
  readonly files: readonly string[]
  read(file: string): string
}

/** Unpacks all packed packages. Their files disappear after the tests of the calling file. */
export function unpackPackages(): readonly UnpackedPackage[] {
  const place = mkdtempSync(join(tmpdir(), 'buddy-unpacked-'))
  afterAll(() => rmSync(place, { recursive: true }))
  return readdirSync(packedFolder).map((name) => {
    const tarball = join(packedFolder, name)
    const unpacked = join(place, name)
    mkdirSync(unpacked)
    execFileSync('tar', ['-xzf', tarball, '-C', unpacked])
    const folder = join(unpacked, 'package')
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    return { manifest: JSON.parse(read('package.json')) as Manifest, tarball, folder, files, read }
  })
}

/** The package that an import leads to, such as `@lit/task` for `@lit/task/deep.js`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
