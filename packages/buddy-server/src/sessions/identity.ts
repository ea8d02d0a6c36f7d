/** What the server knows about a user, from the `hello` or from the token of the site. */
export interface Identity {
  /** The name that partners see; empty if the user gave none. */
  readonly name: string
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  /** The user's identity at the site, from the site's token. */
  readonly subject: string | undefined
  /** The only lobby that the site's token permits. */
  readonly lobby: string | undefined
}

/** A session by its id, with its user. */
export interface Identified {
  readonly id: string
  readonly identity: Identity
}
