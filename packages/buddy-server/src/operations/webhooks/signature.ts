import { createHmac, timingSafeEqual } from 'node:crypto'

function hmac(secret: string, seconds: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
}

/**
 * Returns the value of `Buddy-Signature` for a body that is sent now: `t=<unix seconds>,v1=<hex HMAC-SHA256
 * of "<t>.<body>">`. The time is part of the signed text, so that an old request cannot be replayed.
 */
export function signWebhook(secret: string, body: string, nowMs: number): string {
  const seconds = String(Math.floor(nowMs / 1000))
  return `t=${seconds},v1=${hmac(secret, seconds, body).toString('hex')}`
}

/** What {@link verifySignature} checks. */
export interface SignedWebhook {
  /** The `WEBHOOK_SECRET` of the server. If it is undefined or empty, every request is refused. */
  readonly secret: string | undefined
  /** The request's `Buddy-Signature`, from `request.headers` in Node or `headers.get()` of fetch. */
  readonly header: string | readonly string[] | null | undefined
  /**
   * The request's body, byte for byte. JSON that was parsed and serialised again has another signature.
   */
  readonly body: string | Uint8Array
  /** The current time, from `Date.now()`. */
  readonly nowMs: number
  /** The largest difference between the signed time and `nowMs`. @default 300_000 */
  readonly toleranceMs?: number | undefined
}

/**
 * For receivers of webhooks. Returns whether a request comes from a server that knows the secret, and was
 * sent recently. Returns false also if the secret is empty or missing, or if the header is malformed or
 * repeated. Never throws. Takes the same time for every wrong signature. A retry has the same
 * `Buddy-Delivery` as the first attempt; receivers remember it to handle each event only once.
 */
export function verifySignature({
  secret,
  header,
  body,
  nowMs,
  toleranceMs = 300_000,
}: SignedWebhook): boolean {
  // An empty secret is refused, because anyone could create a valid signature with it.
  if (typeof secret !== 'string' || secret === '' || typeof header !== 'string') return false
  const fields = header.split(',').map((field) => field.trim())
  const seconds = fields.flatMap((field) => /^t=(\d{1,12})$/.exec(field)?.[1] ?? [])
  const [sentAt] = seconds
  // A header with two timestamps is refused, because only one of them would be checked.
  if (sentAt === undefined || seconds.length > 1) return false
  // The comparison is negated, so that NaN as a time or tolerance is refused.
  if (!(Math.abs(nowMs - Number(sentAt) * 1000) <= toleranceMs)) return false
  const expected = hmac(secret, sentAt, body)
  return fields.some((field) => {
    const hex = /^v1=([\da-f]{64})$/.exec(field)?.[1]
    return hex !== undefined && timingSafeEqual(Buffer.from(hex, 'hex'), expected)
  })
}
