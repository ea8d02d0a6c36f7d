// The files of this package that the server reads at run time: its version, and what it serves. All of them
// are read through this module, so that only this module knows where they are.
import { readFileSync } from 'node:fs'

const names = [
  'package.json',
  'dist/public/buddy-chat.js',
  'dist/public/index.html',
  'dist/public/demo.css',
  'dist/public/demo.js',
  'dist/public/dashboard/index.html',
  'dist/public/dashboard/dashboard.css',
  'dist/public/dashboard/dashboard.js',
] as const

/** The name of an own file: its path in this package. */
export type OwnFileName = (typeof names)[number]

/** Returns the names of all files that the server reads. They exist in a complete build. */
export function ownFileNames(): readonly OwnFileName[] {
  return names
}

/**
 * Reads an own file. Returns undefined if it does not exist.
 * @throws Error of the file system for any other failure, such as a missing permission
 */
export function readOwnFile(name: OwnFileName): Uint8Array | undefined {
  try {
    // This module is one folder below the package, both in src/ and in dist/.
    return readFileSync(new URL(`../${name}`, import.meta.url))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
