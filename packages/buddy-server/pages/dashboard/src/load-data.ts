import type { DashboardData } from './data.ts'

/** The result of a request for the dashboard's data. */
export type LoadResult =
  | { readonly kind: 'data'; readonly data: DashboardData }
  /** The server does not accept the browser's credentials. */
  | { readonly kind: 'signed-out' }
  /** The request has failed. `reason` is a few words, or empty if there was no response. */
  | { readonly kind: 'failed'; readonly reason: string }

/** A request fails after this time. A running server responds much faster. */
const timeoutMs = 8000

function isDashboardData(body: unknown): body is DashboardData {
  // The fields are checked, because the response may be a page of a proxy, or come from an older server.
  return (
    typeof body === 'object' &&
    body !== null &&
    'status' in body &&
    'samples' in body &&
    'refusals' in body
  )
}

/** Requests the dashboard's data from the server. Never rejects. */
export async function loadData(): Promise<LoadResult> {
  let response: Response
  try {
    // The URL is relative to the page, which a proxy may offer below a path. It does not contain the
    // credentials of a page that was opened as https://name:token@host/, because fetch refuses such URLs.
    response = await fetch(new URL('dashboard/data', location.origin + location.pathname), {
      cache: 'no-store',
      credentials: 'same-origin',
      headers: { Accept: 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch {
    return { kind: 'failed', reason: '' }
  }
  if (response.status === 401) return { kind: 'signed-out' }
  if (!response.ok) return { kind: 'failed', reason: `HTTP ${response.status}` }
  try {
    const body: unknown = await response.json()
    if (isDashboardData(body)) return { kind: 'data', data: body }
  } catch {
    // The body is incomplete or not JSON. Both count as an invalid response.
  }
  return { kind: 'failed', reason: 'invalid response' }
}
