import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { brotliCompressSync, gzipSync } from 'node:zlib'

/** A file as it is served: once read, once compressed. */
export interface PublicFile {
  readonly etag: string
  readonly identity: Uint8Array
  readonly gzip: Uint8Array
  readonly br: Uint8Array
}

const names = [
  'buddy-chat.js',
  'index.html',
  'demo.css',
  'demo.js',
  'dashboard/index.html',
  'dashboard/dashboard.css',
  'dashboard/dashboard.js',
] as const

/** A file that can be asked for. */
export type PublicFileName = (typeof names)[number]

/** Reads the files in `directory` (a URL ending in a slash); one that is missing is left out. */
export function loadPublicFiles(directory: URL): ReadonlyMap<PublicFileName, PublicFile> {
  const files = new Map<PublicFileName, PublicFile>()
  for (const name of names) {
    try {
      const identity = readFileSync(new URL(name, directory))
      const etag = `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`
      files.set(name, {
        etag,
        identity,
        gzip: gzipSync(identity),
        br: brotliCompressSync(identity),
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return files
}
