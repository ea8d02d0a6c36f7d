// The entry point of the one-file server: runs the bundled server, which is an asset of the executable. The only
// file that imports `node:sea`.
import { createRequire } from 'node:module'
import { getRawAsset } from 'node:sea'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import type { Bundle } from './main.ts'

/** Returns the bytes of an asset, or undefined if there is none of this name. */
function readAsset(name: string): Uint8Array | undefined {
  try {
    return new Uint8Array(getRawAsset(name))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_SINGLE_EXECUTABLE_APPLICATION_ASSET_NOT_FOUND') return undefined
    throw error
  }
}

const source = new TextDecoder().decode(readAsset('bundle.cjs'))
// The bundle is compiled here, not by Node, because Node would print a warning if it cannot use the code cache,
// which NODE_OPTIONS such as --max-old-space-size cause.
const script = new Script(source, {
  filename: 'buddy-server.cjs',
  cachedData: Buffer.from(readAsset('code-cache') ?? []),
})
const runBundle = script.runInThisContext() as Bundle
const url = pathToFileURL(process.execPath).href
void runBundle(createRequire(url), url).main(readAsset)
