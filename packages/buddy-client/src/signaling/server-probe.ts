import { healthUrl } from './server-url.ts'

/**
 * Who answers at a server's address over HTTP: a Buddy server · `moved`, a Buddy server at the address that
 * this one redirects to, which WebSockets do not follow · `other`, something else, such as a web site ·
 * `unreadable`, something that does not let this page read its answer, which a Buddy server does · `unknown`,
 * nothing, or a proxy whose server is down.
 */
export type ServerAnswer = 'buddy' | 'moved' | 'other' | 'unreadable' | 'unknown'

const timeoutMs = 5000

/** @param socketAddress the address of the server's WebSocket */
export async function probeServer(
  socketAddress: string,
  fetch: typeof globalThis.fetch,
): Promise<ServerAnswer> {
  const url = healthUrl(socketAddress)
  if (url === undefined) return 'unknown'
  const ask = (mode: RequestMode): Promise<Response> => {
    const signal = AbortSignal.timeout(timeoutMs)
    return fetch(url, { mode, cache: 'no-store', credentials: 'omit', signal })
  }
  try {
    const response = await ask('cors')
    // A proxy in front of a server that restarts, or that limits requests.
    if (response.status >= 500 || response.status === 429) return 'unknown'
    if (!(await isHealth(response))) return 'other'
    return response.redirected ? 'moved' : 'buddy'
  } catch {
    return ask('no-cors').then(
      () => 'unreadable',
      () => 'unknown',
    )
  }
}

async function isHealth(response: Response): Promise<boolean> {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null && 'status' in body
  } catch {
    return false
  }
}
