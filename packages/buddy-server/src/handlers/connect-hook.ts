import { cleanText, maxFieldBytes } from '@buddy-chat/protocol'
import type { Clock } from '../clock.ts'
import type { Arrival, BuddyServerHooks, ConnectAnswer } from '../hooks/hooks.ts'
import { onConnectTimeoutMs } from '../hooks/hooks.ts'
import type { Refusal } from '../limits/refusal.ts'
import { refusal } from '../limits/refusal.ts'
import type { Identity } from '../sessions/identity.ts'
import type { Upgrade } from '../transport/transport.ts'

/** The parts of the server that {@link askHook} uses. */
export interface ConnectHookContext {
  readonly onConnect: BuddyServerHooks['onConnect']
  readonly addressOf: (upgrade: Upgrade) => string
  /** Returns whether the server has first seen this person a short time ago. */
  readonly isNewVisitor: (identity: Identity) => boolean
  readonly clock: Pick<Clock, 'after'>
  readonly onInternalError: (error: unknown) => void
}

/**
 * Asks the hook `onConnect`. Resolves with the identity, perhaps with another name, or with a refusal if the hook
 * refuses the client, fails, or does not answer in time.
 */
export async function askHook(
  identity: Identity,
  { upgrade, ...given }: Pick<Arrival, 'proof' | 'isRestored'> & { readonly upgrade: Upgrade },
  { onConnect, addressOf, isNewVisitor, clock, onInternalError }: ConnectHookContext,
): Promise<Identity | Refusal> {
  if (!onConnect) return identity
  const { site, name, subject } = identity
  const arrival = {
    site,
    name,
    subject,
    origin: upgrade.origin,
    address: addressOf(upgrade),
    ...given,
    isNewVisitor: isNewVisitor(identity),
  }
  try {
    const answer = await inTime(clock, onConnect, arrival)
    if (answer === 'proof-required') return refusal(answer, 'this server asks for another proof')
    if (answer === false) return refusal('refused', 'the server has refused this user')
    if (typeof answer !== 'object') return identity
    return { ...identity, name: cleanText(cut(cleanText(answer.name))) || name }
  } catch (error) {
    onInternalError(error)
    return refusal('refused', 'the server could not check this user')
  }
}

/** Resolves with the answer of the hook. Rejects if the hook fails, or does not answer in time. */
async function inTime(
  clock: ConnectHookContext['clock'],
  onConnect: NonNullable<BuddyServerHooks['onConnect']>,
  arrival: Arrival,
): Promise<ConnectAnswer> {
  let cancel = (): void => undefined
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(onConnectTimeoutMs, () => {
      reject(new Error(`onConnect did not answer within ${onConnectTimeoutMs / 1000} s`))
    })
  })
  try {
    return await Promise.race([onConnect(arrival), late])
  } finally {
    cancel()
  }
}

/** Shortens a name to the maximum number of bytes, without splitting a character. */
function cut(name: string): string {
  const bytes = Buffer.from(name)
  if (bytes.length <= maxFieldBytes.name) return name
  let end: number = maxFieldBytes.name
  // A byte of the form 10xxxxxx belongs to the character that began before it (RFC 3629 §3).
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
