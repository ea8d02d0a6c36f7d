import type { DashboardData } from './data.ts'

/** What came of asking the server. */
export type Answer =
  | { readonly kind: 'data'; readonly data: DashboardData }
  /** The browser's sign-in is gone, or was never right. */
  | { readonly kind: 'signed-out' }
  /** `why` is a few words where there was an answer of some sort, else empty. */
  | { readonly kind: 'failed'; readonly why: string }

/** Longer than this a server that lives does not take. */
const timeoutMs = 8000

function isDashboardData(body: unknown): body is DashboardData {
  // A proxy's own page, or the data of an older server, must not take this page down.
  return (
    typeof body === 'object' &&
    body !== null &&
    'status' in body &&
    'samples' in body &&
    'refusals' in body
  )
}

/** Asks the server for what the dashboard shows. Never rejects. */
export async function loadData(): Promise<Answer> {
  let response: Response
  try {
    // Relative to the page, which may be behind a prefix; without the name and token of a page opened
    // as https://name:token@host/, which fetch refuses.
    response = await fetch(new URL('dashboard/data', location.origin + location.pathname), {
      cache: 'no-store',
      credentials: 'same-origin',
      headers: { Accept: 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch {
    return { kind: 'failed', why: '' }
  }
  if (response.status === 401) return { kind: 'signed-out' }
  if (!response.ok) return { kind: 'failed', why: `HTTP ${response.status}` }
  try {
    const body: unknown = await response.json()
    if (isDashboardData(body)) return { kind: 'data', data: body }
  } catch {
    // Cut short, or no JSON at all: the same to whoever reads it.
  }
  return { kind: 'failed', why: 'the answer makes no sense' }
}
