import { createHash } from 'node:crypto'
import { buildId, readManifest, readPublicFile } from '../../own-files.ts'

/** A file that the server sends to clients. The build has compressed it. */
export interface PublicFile {
  /** The tag of the uncompressed file, as in the HTTP header. */
  readonly etag: string
  readonly identity: Uint8Array
  readonly br: Uint8Array | undefined
  readonly gzip: Uint8Array | undefined
}

/** The files without which a server is not ready. */
const required = [
  'v/buddy-chat.js',
  'v/guard/buddy-guard.js',
  'v/guard/buddy-guard-worker.js',
  'index.html',
  'demo.css',
  'demo.js',
  'dashboard/index.html',
  'dashboard/dashboard.css',
  'dashboard/dashboard.js',
  'dashboard/THIRD-PARTY-NOTICES.txt',
  'moderation/index.html',
  'moderation/moderation.css',
  'moderation/moderation.js',
  'operator-pages.js',
] as const

/** The name of a file that a route serves. */
export type PublicFileName = (typeof required)[number]

/** All files that the server sends to clients. */
export interface PublicFiles {
  /** The version of the script `v/buddy-chat.js`. Empty if the package is not built. */
  readonly version: string
  /** By path in the public folder. Faulty files are left out. */
  readonly files: ReadonlyMap<string, PublicFile>
  /** The names of files that do not exist. */
  readonly missing: readonly string[]
  /** The names of files that differ from what the build has written. */
  readonly changed: readonly string[]
}

/**
 * Reads all public files, and compares each with the hash that the build has written. So a server never
 * serves files of different builds. If the manifest is of another build than the code that runs, it counts as
 * changed.
 * @param read returns the bytes of a public file; replaced only in tests
 * @param build the build of the code that runs; replaced only in tests
 */
export function loadPublicFiles(read = readPublicFile, build = buildId): PublicFiles {
  const manifest = readManifest(read)
  // Code that runs from its sources needs no build: during development, Vite serves the pages.
  if (!manifest && build === 'unbuilt') {
    return { version: '', files: new Map(), missing: [], changed: [] }
  }
  const hashes = manifest?.files ?? {}
  const missing: string[] = manifest ? [] : ['manifest.json']
  // Code that runs from its sources belongs to no build.
  const isOfOtherBuild = manifest && build !== 'unbuilt' && build !== manifest.build
  const changed: string[] = isOfOtherBuild ? ['manifest.json'] : []
  const intact = new Map<string, Uint8Array>()
  for (const name of new Set([...required, ...Object.keys(hashes)])) {
    const bytes = hashes[name] === undefined ? undefined : read(name)
    if (!bytes) missing.push(name)
    else if (integrityOf(bytes) === hashes[name]) intact.set(name, bytes)
    else changed.push(name)
  }
  const files = [...intact]
    .filter(([name]) => !/\.(br|gz)$/.test(name))
    .map(([name, identity]): [string, PublicFile] => [
      name,
      {
        etag: `"${hashes[name]?.slice(hashPrefix.length, hashPrefix.length + 22)}"`,
        identity,
        br: intact.get(`${name}.br`),
        gzip: intact.get(`${name}.gz`),
      },
    ])
  return { version: manifest?.version ?? '', files: new Map(files), missing, changed }
}

const hashPrefix = 'sha384-'

const integrityOf = (bytes: Uint8Array): string =>
  `${hashPrefix}${createHash('sha384').update(bytes).digest('base64')}`

/**
 * Returns a sentence about missing and changed files, and what to do. Returns undefined if there are none.
 */
export function describeFaults({
  missing,
  changed,
}: Pick<PublicFiles, 'missing' | 'changed'>): string | undefined {
  if (missing.length + changed.length === 0) return undefined
  const parts = [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(changed.length > 0 ? [`changed: ${changed.join(', ')}`] : []),
  ]
  return `The server's own files are incomplete (${parts.join('; ')}). Build or install it again.`
}

/** Thrown if the server's own files are incomplete. */
export class IncompleteFilesError extends Error {
  override readonly name = 'IncompleteFilesError'
}
