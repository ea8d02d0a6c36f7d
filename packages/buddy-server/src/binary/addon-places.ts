import { dirname, join } from 'node:path'

/** A folder in which the file of the native addon may be put. */
export interface AddonPlace {
  readonly folder: string
  /**
   * Whether the file is put into a new folder inside this one, and deleted as soon as it is loaded. Otherwise it
   * stays for later starts.
   */
  readonly isTemporary: boolean
}

/** What decides where the addon is put. */
interface Surroundings {
  /** The value of `process.platform`. */
  readonly platform: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The home folder of the user, if there is one. */
  readonly home: string | undefined
  /** The path of the running executable. */
  readonly executable: string
}

const name = 'buddy-server'

/** The folder for files that programs can create again, as each system defines it. */
function userCache({ platform, environment, home }: Surroundings): string | undefined {
  if (platform === 'win32') return environment['LOCALAPPDATA']
  if (platform === 'darwin') return home && join(home, 'Library', 'Caches')
  // The XDG specification says that relative paths are invalid.
  const xdg = environment['XDG_CACHE_HOME']
  return xdg?.startsWith('/') ? xdg : home && join(home, '.cache')
}

/**
 * Returns the folders to try, in this order. A folder that the operator names with `BUDDY_CACHE_DIR` is the only
 * one, so that the addon is never somewhere else unnoticed.
 */
export function addonPlaces(surroundings: Surroundings): readonly AddonPlace[] {
  const { platform, environment, executable } = surroundings
  const chosen = environment['BUDDY_CACHE_DIR']
  if (chosen) return [{ folder: chosen, isTemporary: false }]
  const cache = userCache(surroundings)
  const lasting = [
    // systemd sets this for a unit with `CacheDirectory=`; several folders are separated by colons.
    environment['CACHE_DIRECTORY']?.split(':')[0],
    cache && join(cache, name),
  ]
  // Windows does not delete the file of a loaded addon, and other users can write to some of its folders.
  const temporary =
    platform === 'win32'
      ? []
      : [environment['TMPDIR'], '/tmp', '/var/tmp', '/dev/shm', dirname(executable)]
  const placesIn = (folders: readonly (string | undefined)[], isTemporary: boolean): AddonPlace[] =>
    [...new Set(folders)].flatMap((folder) => (folder ? { folder, isTemporary } : []))
  return [...placesIn(lasting, false), ...placesIn(temporary, true)]
}
