import type { BuddyError } from '@buddy-chat/client'

/**
 * Whether a failure is one that the client documents. Goes by the name, which needs no class of the
 * client.
 */
export const isBuddyError = (error: unknown): error is BuddyError =>
  error instanceof Error && error.name === 'BuddyError'
