/** What the server knows about a user, from the `hello` or from the token of the site. */
export interface Identity {
  /** The name that partners see; empty if the user gave none. */
  readonly name: string
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  /** The user's identity at the site, from the site token. */
  readonly subject: string | undefined
  /** The only lobby that the site token permits; undefined if it permits all. */
  readonly lobby: string | undefined
  /** The random id that the browser keeps for this site, in a sealed token. Clients never receive it. */
  readonly visitorId: string
  /** When the server made that id, in milliseconds since 1970. */
  readonly visitorSinceMs: number
  /** The attributes that the site token has, by name. */
  readonly attributes: Readonly<Record<string, string>>
  /** The age band, from the site token or for users without one; empty if the site has no bands. */
  readonly band: string
}

/** A session's id and user. */
export interface Identified {
  readonly id: string
  readonly identity: Identity
}
