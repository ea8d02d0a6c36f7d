import type { BuddyError } from '@buddy-chat/client'

/**
 * Returns whether `error` is a `BuddyError`. Compares its name, because `instanceof` would need the
 * class from the client.
 */
export const isBuddyError = (error: unknown): error is BuddyError =>
  error instanceof Error && error.name === 'BuddyError'
