import { homedir } from 'node:os'
import { basename } from 'node:path'
import type { UwsAddon } from '../transport/load-addon.ts'
import { NativeAddonError } from '../transport/load-addon.ts'
import { addonPlaces } from './addon-places.ts'
import { loadFromFile } from './load-from-file.ts'
import { withImportFrom } from './windows-import-name.ts'

function homeFolder(): string | undefined {
  try {
    return homedir()
  } catch {
    // HOME is not set, and the system does not know the user.
    return undefined
  }
}

function dlopen(file: string): UwsAddon {
  const module = { exports: {} }
  process.dlopen(module, file)
  return module.exports as UwsAddon
}

/** The native addon as it is in the executable. */
interface EmbeddedAddon {
  readonly bytes: Uint8Array
  /** The SHA-256 of the bytes in hexadecimal. */
  readonly sha256: string
}

/** Returns the content of the file, and its name. */
function toFile({ bytes, sha256 }: EmbeddedAddon): { name: string; bytes: Uint8Array } {
  if (process.platform !== 'win32') return { name: `uws-${sha256}.node`, bytes }
  const importer = basename(process.execPath)
  return { name: `uws-${sha256}-${importer}.node`, bytes: withImportFrom(importer, bytes) }
}

let loaded: UwsAddon | undefined

/**
 * Loads the native addon of the executable, which is uWebSockets.js. Operating systems load native code only from
 * files, so it is written to a file first. Repeated calls return the same object.
 * @throws NativeAddonError
 */
export function loadEmbeddedAddon(addon: EmbeddedAddon): UwsAddon {
  const { platform, execPath: executable, env: environment } = process
  const places = addonPlaces({ platform, environment, home: homeFolder(), executable })
  try {
    return (loaded ??= loadFromFile(places, toFile(addon), dlopen))
  } catch (cause) {
    throw new NativeAddonError(
      'no-private-folder',
      'The server needs a folder for its native part, uWebSockets.js. No other user may be able to write to the folder, and its disk must allow files to be executed. Set BUDDY_CACHE_DIR to such a folder. Tried:\n' +
        (cause as Error).message,
      { cause },
    )
  }
}
