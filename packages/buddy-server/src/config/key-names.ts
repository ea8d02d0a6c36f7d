// The three names of a setting, which are derived from its key. For example, the key MAX_ROOMS results in the
// variable MAX_ROOMS, the flag --max-rooms, and max_rooms in a configuration file.

/** Keys that are also environment variables of other programs. */
const sharedNames: ReadonlySet<string> = new Set(['DEV', 'PUBLIC_URL'])

/** Returns a setting's environment variable. It is the same as the key, or has a prefix if others use it too. */
export const variableOf = (key: string): string => (sharedNames.has(key) ? `BUDDY_${key}` : key)

/** Returns a setting's flag without the leading dashes, such as `max-rooms`. */
export const flagOf = (key: string): string => key.toLowerCase().replaceAll('_', '-')

/** Returns a setting's key in a configuration file, such as `max_rooms`. */
export const fileKeyOf = (key: string): string => key.toLowerCase()
