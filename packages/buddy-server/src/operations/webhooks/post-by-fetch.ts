/** One POST request. */
export interface PostRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Time limit for the request and the whole response. A status that arrives in time counts. */
  readonly timeoutMs: number
}

/** The parts of a response that decide about a retry. */
export interface PostResponse {
  readonly status: number
  /** The value of `Retry-After`. */
  readonly retryAfterMs?: number
}

/** Sends one POST request. Rejects if there is no response in time. */
export type Post = (url: string, request: PostRequest) => Promise<PostResponse>

/** Reads `Retry-After`: seconds or a date (RFC 9110 §10.2.3). Undefined if it is neither. */
export function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  // The only date format that senders may generate. `Date.parse` would also accept "1.5" as a date.
  const dateMs = /^[A-Z][a-z]{2}, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs)
}

/**
 * Returns why there was no response, without any part of the request, because its URL may contain a
 * token.
 */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code
  return typeof code === 'string' ? code : error.name
}

const maxReadBytes = 65_536

/** Reads and discards a body, so that the connection can be used again. A longer body is aborted. */
async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > maxReadBytes) return
  }
}

/**
 * {@link Post} with the global `fetch`. Redirects are not followed, because they may lead to a receiver that
 * the operator did not configure. A redirect is a response with a status of 3xx.
 */
export const postByFetch: Post = async (url, { headers, body, timeoutMs }) => {
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  // The status decides, so an error in the body is ignored.
  if (response.body) await discard(response.body).catch(() => undefined)
  // Node reuses a connection one turn of the event loop after the end of a response. An earlier request
  // would open another connection.
  await new Promise((resolve) => setImmediate(resolve))
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now())
  return { status: response.status, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}
