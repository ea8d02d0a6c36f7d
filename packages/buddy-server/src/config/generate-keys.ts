import { randomBytes } from 'node:crypto'

const keys = ['SECRET_KEY', 'ADMIN_TOKEN', 'TURN_SECRET', 'WEBHOOK_SECRET'] as const

/** Returns a new random secret of 256 bits. */
export function generateKey(): string {
  return randomBytes(32).toString('base64url')
}

/** Returns the lines of an environment file that sets each secret to a new random value. */
export function generateKeys(): string {
  return keys.map((key) => `${key}=${generateKey()}`).join('\n')
}
