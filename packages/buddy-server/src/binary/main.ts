import { readOwnFilesFrom } from '../own-files.ts'
import { loadAddonBy } from '../transport/load-addon.ts'
import { loadEmbeddedAddon } from './embedded-addon.ts'

/** Returns the bytes of an asset of the executable, or undefined if there is none of this name. */
export type ReadAsset = (name: string) => Uint8Array | undefined

/** The bundle of this module and all its dependencies: a function of what the module system supplies. */
export type Bundle = (require: NodeJS.Require, url: string) => { readonly main: typeof main }

/**
 * Runs the command `buddy-server` with the own files and the native addon that are assets of the executable.
 * @throws Error if one of the two assets of the addon is missing
 */
export async function main(readAsset: ReadAsset): Promise<void> {
  const [bytes, hash] = [readAsset('uws.node'), readAsset('uws.sha256')]
  if (!bytes || !hash) throw new Error('the executable does not contain the native addon')
  const addon = { bytes, sha256: new TextDecoder().decode(hash) }
  readOwnFilesFrom(readAsset)
  loadAddonBy(() => loadEmbeddedAddon(addon))
  // Imported after the source of own files is set, because modules read them when they are evaluated.
  await import('../cli.ts')
}
