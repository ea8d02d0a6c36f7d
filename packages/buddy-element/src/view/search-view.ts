import type { ClientEvents, Searching } from '@buddy-chat/client'

/** The server's explanation of the wait, as the templates show it. */
export interface SearchView extends Pick<
  Searching,
  'online' | 'estimateMs' | 'interests' | 'languages' | 'obstacle'
> {
  /** The seconds until the search widens. Undefined if it will not. */
  readonly widensInSeconds: number | undefined
}

/** What the visitor has in common with the partner. */
export type Meeting = Pick<ClientEvents['match'], 'interests' | 'languages' | 'isRematch'>
