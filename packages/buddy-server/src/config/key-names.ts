// The three names of a setting, made from its key: MAX_ROOMS, --max-rooms, max_rooms.

/** A setting's environment variable. It is the key, except for `DEV`, which other programs set too. */
export const variableOf = (key: string): string => (key === 'DEV' ? 'BUDDY_DEV' : key)

/** A setting's flag without the dashes: `max-rooms`. */
export const flagOf = (key: string): string => key.toLowerCase().replaceAll('_', '-')

/** A setting's key in a configuration file: `max_rooms`. */
export const fileKeyOf = (key: string): string => key.toLowerCase()
