import { createHash, timingSafeEqual } from 'node:crypto'
import { TokenBucket } from '../limits/rate-limiter.ts'

/** Wrong tokens from all addresses together: guessing 32 characters at this rate is hopeless. */
const wrongRate = { burst: 20, perSecond: 0.5 }

/** Whether a request shows the admin token. */
export type Access = 'granted' | 'none' | 'wrong' | 'too-many'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The token in an `Authorization` header: `Bearer <token>`, or `Basic` with it as the password. */
function tokenIn(authorization: string): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+)\s+(\S+)\s*$/.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : text.slice(colon + 1)
}

/** Checks requests against the admin token; without one nobody is let in. */
export function createAdminAccess(
  adminToken: () => string,
  now: () => number,
): (authorization: string) => Access {
  const wrong = new TokenBucket(wrongRate, now())
  return (authorization) => {
    const given = tokenIn(authorization)
    if (given === undefined || adminToken() === '') return 'none'
    // Digests have one length: comparing takes as long whatever was given.
    if (timingSafeEqual(digest(given), digest(adminToken()))) return 'granted'
    return wrong.take(now()) > 0 ? 'too-many' : 'wrong'
  }
}
