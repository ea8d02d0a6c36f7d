import type { ClientEvents, Searching } from '@buddy-chat/client'

/** What the server says about the wait in the queue, as the templates show it. */
export interface SearchView extends Pick<
  Searching,
  'online' | 'estimateMs' | 'interests' | 'languages' | 'obstacle'
> {
  /** The seconds until the search asks for less. Undefined if it will not. */
  readonly widensInSeconds: number | undefined
}

/** What the visitor has in common with the partner. */
export type Meeting = Pick<ClientEvents['match'], 'interests' | 'languages' | 'isRematch'>
