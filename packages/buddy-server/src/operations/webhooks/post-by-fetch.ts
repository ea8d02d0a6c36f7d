/** One POST request. */
export interface PostRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Time limit for the request and the whole response. If only the body is late, the status still counts. */
  readonly timeoutMs: number
}

/** The parts of a response that decide about a retry. */
export interface PostResponse {
  readonly status: number
  /** The value of `Retry-After`, in milliseconds from now. */
  readonly retryAfterMs?: number
}

/** Sends one POST request. Rejects if there is no response within the time limit. */
export type Post = (url: string, request: PostRequest) => Promise<PostResponse>

/**
 * Returns the value of a `Retry-After` header, which is seconds or a date (RFC 9110 §10.2.3), as milliseconds
 * from `nowMs`. Undefined if it is neither.
 */
export function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  // Only this date format is allowed in new messages. Without the check, `Date.parse` would also accept "1.5"
  // as a date.
  const dateMs = /^[A-Z][a-z]{2}, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs)
}

/**
 * Returns the reason why there was no response. It contains no part of the request, whose URL may contain a
 * token.
 */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code
  return typeof code === 'string' ? code : error.name
}

const maxReadBytes = 65_536

/**
 * Reads and discards a body, so that the connection can be used again. Cancels a body of more than
 * `maxReadBytes`.
 */
async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > maxReadBytes) return
  }
}

/**
 * A {@link Post} that uses the global `fetch`. Redirects are not followed, because they may lead to a
 * receiver that the operator did not configure. A redirect is returned as a response with its status 3xx.
 */
export const postByFetch: Post = async (url, { headers, body, timeoutMs }) => {
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  // Only the status matters, so an error in the body is ignored.
  if (response.body) await discard(response.body).catch(() => undefined)
  // Node can reuse a connection only one turn of the event loop after the end of the response. A request
  // before that would open another connection.
  await new Promise((resolve) => setImmediate(resolve))
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now())
  return { status: response.status, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}
