// The last stage of a build: compresses the files that the server serves, and writes down their hashes. The
// server compares them at its start (own-files.ts of the server).
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const manifestName = 'manifest.json'

/** The hash of a file in the form of Subresource Integrity. */
export const integrityOf = (bytes) =>
  `sha384-${createHash('sha384').update(bytes).digest('base64')}`

const compressions = {
  br: (bytes) =>
    brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gz: (bytes) => gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }),
}

/**
 * Files of more bytes are compressed by gzip only. The largest is the script with the model of the guard, whose
 * numbers brotli compresses by 2 % more than gzip, in forty times the time.
 */
const maxBytesForBrotli = 1_000_000

/** Returns the sorted paths of all files in `folder`, with slashes. */
export function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
}

/**
 * Writes beside each file in `folder` its compressed forms, if they are smaller, and a manifest with the
 * hashes of all of them. The same files always give the same bytes. `about` is more for the manifest.
 */
export function completePublicFiles(folder, about) {
  for (const name of filesIn(folder)) {
    const bytes = readFileSync(join(folder, name))
    for (const [end, compress] of Object.entries(compressions)) {
      if (end === 'br' && bytes.length > maxBytesForBrotli) continue
      const compressed = compress(bytes)
      if (compressed.length < bytes.length)
        writeFileSync(join(folder, `${name}.${end}`), compressed)
    }
  }
  const hashes = filesIn(folder).map((name) => [
    name,
    integrityOf(readFileSync(join(folder, name))),
  ])
  const manifest = { ...about, files: Object.fromEntries(hashes) }
  writeFileSync(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** Returns whether `folder` has every file of its manifest, unchanged. */
export function isComplete(folder) {
  try {
    const { files } = JSON.parse(readFileSync(join(folder, manifestName), 'utf8'))
    return Object.entries(files).every(
      ([name, integrity]) => integrityOf(readFileSync(join(folder, name))) === integrity,
    )
  } catch {
    return false
  }
}
