import { randomBytes } from 'node:crypto'

const keys = ['SECRET_KEY', 'ADMIN_TOKEN', 'TURN_SECRET', 'WEBHOOK_SECRET'] as const

/** New random secrets, 256 bits each, as lines of an environment file. */
export function generateKeys(): string {
  return keys.map((key) => `${key}=${randomBytes(32).toString('base64url')}`).join('\n')
}
