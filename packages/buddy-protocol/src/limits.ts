/**
 * How many texts a session may send at once, and how many a second it regains. Servers drop what is above
 * that; clients write no faster, so that nothing is lost.
 */
export const textRate = { burst: 10, perSecond: 3 } as const
