import { createHmac, timingSafeEqual } from 'node:crypto'

/** Gives sessions a token that proves who comes back. */
export interface ResumeTokens {
  /** The token of this session. */
  sign(sessionId: string): string
  /** The session a token was signed for; undefined for one this server did not sign. */
  verify(token: string): string | undefined
}

/** Tokens signed with HMAC-SHA256 by a key of their own, derived from the server's secret. */
export function createResumeTokens(secretKey: string): ResumeTokens {
  const key = createHmac('sha256', secretKey).update('buddy resume token v1').digest()
  // Compared as text: decoding would accept many spellings of one signature.
  const mac = (sessionId: string): Buffer =>
    Buffer.from(createHmac('sha256', key).update(sessionId).digest('base64url'))
  return {
    sign: (sessionId) => `${sessionId}.${mac(sessionId).toString()}`,
    verify: (token) => {
      const dot = token.indexOf('.')
      if (dot < 1) return undefined
      const sessionId = token.slice(0, dot)
      const given = Buffer.from(token.slice(dot + 1))
      const expected = mac(sessionId)
      return given.length === expected.length && timingSafeEqual(given, expected)
        ? sessionId
        : undefined
    },
  }
}
