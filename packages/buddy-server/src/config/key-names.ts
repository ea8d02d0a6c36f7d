// The three names of a setting, which are derived from its key. For example, the key MAX_ROOMS results in the
// variable MAX_ROOMS, the flag --max-rooms, and max_rooms in a configuration file.

/**
 * Returns a setting's environment variable. It is the same as the key, except for `DEV`, which other programs
 * use too.
 */
export const variableOf = (key: string): string => (key === 'DEV' ? 'BUDDY_DEV' : key)

/** Returns a setting's flag without the leading dashes, such as `max-rooms`. */
export const flagOf = (key: string): string => key.toLowerCase().replaceAll('_', '-')

/** Returns a setting's key in a configuration file, such as `max_rooms`. */
export const fileKeyOf = (key: string): string => key.toLowerCase()
