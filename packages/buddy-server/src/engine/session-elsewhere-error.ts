/** Another node has taken the session over. Its client can continue it, by a takeover, at any node. */
export class SessionElsewhereError extends Error {
  override readonly name = 'SessionElsewhereError'

  constructor() {
    super('another server has taken the session over')
  }
}
