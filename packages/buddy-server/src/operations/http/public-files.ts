import { createHash } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { readOwnFile } from '../../own-files.ts'

/**
 * A file that the server sends to clients. The server reads it once, and compresses it when a client first
 * requests that encoding.
 */
export class PublicFile {
  readonly etag: string
  readonly identity: Uint8Array
  #gzip: Uint8Array | undefined
  #br: Uint8Array | undefined

  constructor(identity: Uint8Array) {
    this.identity = identity
    this.etag = `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`
  }

  get gzip(): Uint8Array {
    return (this.#gzip ??= gzipSync(this.identity))
  }

  get br(): Uint8Array {
    return (this.#br ??= brotliCompressSync(this.identity))
  }
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

/** The name of a file that the server sends to clients. */
export type PublicFileName = (typeof names)[number]

/** Reads the public files. Missing files are left out. */
export function loadPublicFiles(): ReadonlyMap<PublicFileName, PublicFile> {
  const files = new Map<PublicFileName, PublicFile>()
  for (const name of names) {
    const bytes = readOwnFile(`dist/public/${name}`)
    if (bytes) files.set(name, new PublicFile(bytes))
  }
  return files
}
