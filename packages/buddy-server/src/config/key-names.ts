/** A setting's variable. `DEV` alone is set by other programs, for reasons of their own. */
export const variableOf = (key: string): string => (key === 'DEV' ? 'BUDDY_DEV' : key)

/** A setting's flag without the dashes: `max-rooms`. */
export const flagOf = (key: string): string => key.toLowerCase().replaceAll('_', '-')

/** A setting's key in a file: `max_rooms`. */
export const fileKeyOf = (key: string): string => key.toLowerCase()
