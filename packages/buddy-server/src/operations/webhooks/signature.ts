import { createHmac, timingSafeEqual } from 'node:crypto'

function hmac(secret: string, seconds: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
}

/**
 * The value of `Buddy-Signature` for a body that is sent now: `t=<unix seconds>,v1=<hex HMAC-SHA256
 * of "<t>.<body>">`. The time is signed too, so that an old request cannot be sent again later.
 */
export function signWebhook(secret: string, body: string, nowMs: number): string {
  const seconds = String(Math.floor(nowMs / 1000))
  return `t=${seconds},v1=${hmac(secret, seconds, body).toString('hex')}`
}

/** What {@link verifySignature} looks at. */
export interface SignedWebhook {
  /** What `WEBHOOK_SECRET` is on the server; a variable that is not set may be given as it is. */
  readonly secret: string | undefined
  /** The request's `Buddy-Signature`, as `request.headers` of Node or `headers.get()` of fetch has it. */
  readonly header: string | readonly string[] | null | undefined
  /** The request's body, byte for byte: JSON that was parsed and written again has another signature. */
  readonly body: string | Uint8Array
  /** The time here, as `Date.now()` has it. */
  readonly nowMs: number
  /** How far the two clocks may be apart, and how long a request is worth something. @default 300_000 */
  readonly toleranceMs?: number | undefined
}

/**
 * For whoever receives webhooks: whether the request comes from a server that knows the secret, and
 * was sent just now. Takes equally long for every wrong signature and never throws; an empty or
 * missing secret and a malformed or repeated header are false. Retries have the same `Buddy-Delivery`: remember those to act once.
 */
export function verifySignature({
  secret,
  header,
  body,
  nowMs,
  toleranceMs = 300_000,
}: SignedWebhook): boolean {
  // A variable that is not set would let everybody sign.
  if (typeof secret !== 'string' || secret === '' || typeof header !== 'string') return false
  const fields = header.split(',').map((field) => field.trim())
  const seconds = fields.flatMap((field) => /^t=(\d{1,12})$/.exec(field)?.[1] ?? [])
  const [sentAt] = seconds
  // Two times would leave it open which of them was looked at.
  if (sentAt === undefined || seconds.length > 1) return false
  // Written so that a time or tolerance that is no number refuses.
  if (!(Math.abs(nowMs - Number(sentAt) * 1000) <= toleranceMs)) return false
  const expected = hmac(secret, sentAt, body)
  return fields.some((field) => {
    const hex = /^v1=([\da-f]{64})$/.exec(field)?.[1]
    return hex !== undefined && timingSafeEqual(Buffer.from(hex, 'hex'), expected)
  })
}
