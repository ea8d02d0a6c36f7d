import { healthUrl } from './server-url.ts'

/**
 * What answers at a server's address over HTTP:
 * - `buddy`: a Buddy server
 * - `moved`: a redirect to a Buddy server. A WebSocket cannot be opened, because it does not follow
 *   redirects
 * - `other`: something else, such as a web site
 * - `unreadable`: a server that does not allow this page to read its answer (CORS). Buddy servers allow it,
 *   but a proxy in front may answer instead
 * - `unknown`: no server, or a proxy whose server is down
 */
export type ServerAnswer = 'buddy' | 'moved' | 'other' | 'unreadable' | 'unknown'

const timeoutMs = 5000

/**
 * Sends an HTTP request to find out what answers at the server's address.
 * @param socketAddress the address of the server's WebSocket
 */
export async function probeServer(
  socketAddress: string,
  fetch: typeof globalThis.fetch,
): Promise<ServerAnswer> {
  const url = healthUrl(socketAddress)
  if (url === undefined) return 'unknown'
  const request = (mode: RequestMode): Promise<Response> => {
    const signal = AbortSignal.timeout(timeoutMs)
    return fetch(url, { mode, cache: 'no-store', credentials: 'omit', signal })
  }
  try {
    const response = await request('cors')
    // A proxy answers like this while its server restarts, or because it limits requests.
    if (response.status >= 500 || response.status === 429) return 'unknown'
    if (!(await isHealth(response))) return 'other'
    return response.redirected ? 'moved' : 'buddy'
  } catch {
    return request('no-cors').then(
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
