import { createHmac } from 'node:crypto'

/** A user name and password for a TURN server. */
export interface IceCredentials {
  readonly username: string
  readonly credential: string
}

/**
 * Returns credentials that expire, for TURN servers that share a secret with this server (coturn:
 * `use-auth-secret`; draft-uberti-behave-turn-rest-00). The user name is `expiry:user`, with the expiry in
 * seconds since
 * 1970. The password is the HMAC-SHA1 of the user name, in base64.
 */
export function iceCredentials(options: {
  /** The secret that the TURN server and this server share. */
  readonly secret: string
  readonly user: string
  readonly ttlMs: number
  /** The present time, in milliseconds since 1970. */
  readonly nowMs: number
}): IceCredentials {
  const expiry = Math.floor((options.nowMs + options.ttlMs) / 1000)
  const username = `${expiry}:${options.user}`
  return {
    username,
    credential: createHmac('sha1', options.secret).update(username).digest('base64'),
  }
}
