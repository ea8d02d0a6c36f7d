/** One request, ready to be sent. */
export interface PostRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** For everything, to the end of the answer; a status that came by then counts. */
  readonly timeoutMs: number
}

/** As much of an answer as decides what happens next. */
export interface PostResponse {
  readonly status: number
  /** What the receiver asked for in `Retry-After`. */
  readonly retryAfterMs?: number
}

/** Sends one POST. Rejects where there was no answer in time. */
export type Post = (url: string, request: PostRequest) => Promise<PostResponse>

/** Reads `Retry-After`: seconds or a date (RFC 9110 §10.2.3). Undefined where it is neither. */
export function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  // Only the one format that senders may still write; `Date.parse` alone would take "1.5" as a date.
  const dateMs = /^[A-Z][a-z]{2}, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs)
}

/** Why there was no answer, without anything of the request: its address may hold a token. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code
  return typeof code === 'string' ? code : error.name
}

const maxReadBytes = 65_536

/** Reads what nobody wants to know, or the connection could not be used again. Longer: it is cut. */
async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > maxReadBytes) return
  }
}

/**
 * {@link Post} by the global `fetch`. A redirect is never followed, since it may name a receiver
 * that the operator has not: it is an answer like any other, with its status of 3xx.
 */
export const postByFetch: Post = async (url, { headers, body, timeoutMs }) => {
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  // The status has said it all: a body that breaks off changes nothing.
  if (response.body) await discard(response.body).catch(() => undefined)
  // Node takes a connection back one turn of the event loop after the end of an answer; a request
  // before that would open another one.
  await new Promise((resolve) => setImmediate(resolve))
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now())
  return { status: response.status, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}
