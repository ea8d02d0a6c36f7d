import { randomBytes } from 'node:crypto'

const keys = ['SECRET_KEY', 'ADMIN_TOKEN', 'TURN_SECRET', 'WEBHOOK_SECRET'] as const

/** Returns new random secrets of 256 bits each, as the lines of an environment file. */
export function generateKeys(): string {
  return keys.map((key) => `${key}=${randomBytes(32).toString('base64url')}`).join('\n')
}
