import type { ClientState } from '@buddy-chat/client'

/**
 * Returns whether the client is running: it is connecting, waits for a partner or is in a call. Otherwise
 * the element shows the start screen.
 */
export const isRunning = ({ state }: { readonly state: ClientState }): boolean =>
  state !== 'idle' && state !== 'closed'
