// Runs the checks of `buddy-server doctor` in this process, without the command around them.
import type { ExamineOptions } from './examine.ts'
import { examine } from './examine.ts'
import type { CheckName } from './finding.ts'
import { version } from '../version.ts'

/** The secret key of {@link diagnose}. */
export const secretKey = 'hzYd_dQ3Vb4mZ0pXK2sLwN8tR6yUjE1c'

/** An admin token that a server accepts. */
export const adminToken = 'wU7kP2xV9mZ4bT6cR1nH8jF3sD5gA0qL'

/**
 * Makes all checks with these settings (as environment variables), a secret key and no STUN server.
 * @returns the findings of some checks, as `verdict: message`
 */
export async function diagnose(
  checks: CheckName | readonly CheckName[],
  settings: Readonly<Record<string, string>>,
  changed: Partial<ExamineOptions> = {},
): Promise<readonly string[]> {
  const environment = {
    SECRET_KEY: secretKey,
    ALLOWED_ORIGINS: 'self',
    ICE_SERVERS: '',
    PORT: '0',
    ...settings,
  }
  const options = { version, now: Date.now, timeLimitMs: 4000, timeFrom: undefined, ...changed }
  return (await examine({ environment }, options))
    .filter(({ check }) => checks.includes(check))
    .map(({ verdict, message }) => `${verdict}: ${message}`)
}
