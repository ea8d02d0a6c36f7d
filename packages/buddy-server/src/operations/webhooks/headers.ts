import type { Delivery } from './queue.ts'
import { signWebhook } from './signature.ts'

interface Sender {
  readonly secret: string
  readonly version: string
  readonly now: () => number
}

/**
 * Returns the headers of one attempt to send `delivery`. Each attempt has its own signature, which contains
 * its time.
 */
export function webhookHeaders(
  { id, event, body, attempt }: Delivery,
  { secret, version, now }: Sender,
): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'application/json',
    'User-Agent': `buddy-server/${version}`,
    'Buddy-Event': event,
    'Buddy-Delivery': id,
    'Buddy-Attempt': String(attempt),
    'Buddy-Signature': signWebhook(secret, body, now()),
  }
}
