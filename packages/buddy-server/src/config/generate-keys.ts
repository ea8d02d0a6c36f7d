import { randomBytes } from 'node:crypto'

const keys = ['SECRET_KEY', 'ADMIN_TOKEN', 'TURN_SECRET', 'WEBHOOK_SECRET'] as const

/** Returns the lines of an environment file that sets each secret to a new random value of 256 bits. */
export function generateKeys(): string {
  return keys.map((key) => `${key}=${randomBytes(32).toString('base64url')}`).join('\n')
}
