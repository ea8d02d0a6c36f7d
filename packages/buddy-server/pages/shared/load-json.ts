/** The result of a request for data. */
export type LoadResult<Data> =
  | { readonly kind: 'data'; readonly data: Data }
  /** The server does not accept the browser's credentials. */
  | { readonly kind: 'signed-out' }
  /**
   * The request has failed. `reason` is a few words, or empty if there was no response. `error` is the error
   * name of the response, such as `unknown-person`, or empty.
   */
  | { readonly kind: 'failed'; readonly reason: string; readonly error: string }

/** A request fails after this time. A running server responds much faster. */
const timeoutMs = 8000

/**
 * Returns the absolute URL of a path of this server. The path is relative to the page, which a proxy may offer
 * below a path. The URL does not contain the credentials of a page that was opened as
 * https://name:token@host/, because fetch refuses such URLs.
 */
export function serverUrl(path: string): URL {
  return new URL(path, location.origin + location.pathname)
}

/**
 * Requests JSON from the server. Never rejects.
 * @param isData checks the response, which may be a page of a proxy, or come from an older server
 * @param body sent with POST, as JSON. Without one, the method is GET.
 */
export async function loadJson<Data>(
  path: string,
  isData: (body: unknown) => body is Data,
  body?: object,
): Promise<LoadResult<Data>> {
  let response: Response
  try {
    response = await fetch(serverUrl(path), {
      cache: 'no-store',
      credentials: 'same-origin',
      headers: {
        Accept: 'application/json',
        ...(body && { 'Content-Type': 'application/json' }),
      },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
  } catch {
    return { kind: 'failed', reason: '', error: '' }
  }
  if (response.status === 401) return { kind: 'signed-out' }
  let answer: unknown
  try {
    answer = await response.json()
  } catch {
    // The body is incomplete or not JSON. Both count as an invalid response.
  }
  if (!response.ok) {
    const { error = '', message = '' } = (answer ?? {}) as { error?: string; message?: string }
    return { kind: 'failed', reason: message || `HTTP ${response.status}`, error }
  }
  if (isData(answer)) return { kind: 'data', data: answer }
  return { kind: 'failed', reason: 'invalid response', error: '' }
}

/** Returns whether the body of a response is an object that has these fields. */
export function hasFields(body: unknown, ...names: readonly string[]): body is object {
  return typeof body === 'object' && body !== null && names.every((name) => name in body)
}
