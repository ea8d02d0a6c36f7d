import { createPublicKey } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import type { ErrorCode } from '@buddy-chat/protocol'
import { maxFieldBytes, wellFormed } from '@buddy-chat/protocol'

/** What a site's token says about its user. */
export interface SiteClaims {
  readonly subject: string
  readonly name: string | undefined
  readonly lobby: string | undefined
}

/** A token is not accepted. The code and the message say why. */
export class SiteTokenError extends Error {
  override readonly name = 'SiteTokenError'
  readonly code: ErrorCode & ('token-invalid' | 'token-expired' | 'token-wrong-site')

  constructor(code: SiteTokenError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** The clocks of a site and of this server may differ by this time. */
const clockToleranceSeconds = 5

/**
 * Makes a function that checks the tokens (JWT, RFC 7519) of one site. A token is signed with the site's
 * secret (HS256), or with the private key of its public key (ES256). No other algorithm is accepted, in
 * particular not `none` (RFC 8725 §3.1). `aud` is the site's key. `sub` and `exp` are required, `name` and
 * `lobby` are optional.
 * @returns a function that rejects with SiteTokenError
 */
export function createTokenVerifier(
  site: string,
  {
    secret,
    publicKey,
  }: { readonly secret?: string | undefined; readonly publicKey?: string | undefined },
): (token: string) => Promise<SiteClaims> {
  const key = publicKey ? createPublicKey(publicKey) : new TextEncoder().encode(secret)
  const algorithms = [publicKey ? 'ES256' : 'HS256']
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms,
        audience: site,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: clockToleranceSeconds,
      })
      return {
        subject: identifier(payload.sub, 'sub', 255) ?? '',
        name: text(payload['name'], 'name', maxFieldBytes.name),
        lobby: identifier(payload['lobby'], 'lobby', maxFieldBytes.lobby),
      }
    } catch (error) {
      throw toSiteTokenError(error)
    }
  }
}

function text(value: unknown, claim: string, maxBytes: number): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && Buffer.byteLength(value) <= maxBytes) return value
  throw new SiteTokenError(
    'token-invalid',
    `the claim ${claim} must be a text of at most ${maxBytes} bytes`,
  )
}

/**
 * Returns a claim that is compared with others. JSON can hold a lone surrogate, which the wire format
 * cannot. In a name it is replaced; in an identifier that could make two different identifiers equal, so
 * such a token is refused.
 */
function identifier(value: unknown, claim: string, maxBytes: number): string | undefined {
  const found = text(value, claim, maxBytes)
  if (found === undefined || wellFormed(found) === found) return found
  throw new SiteTokenError('token-invalid', `the claim ${claim} must be well-formed Unicode`)
}

function toSiteTokenError(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    return new SiteTokenError('token-expired', 'the token has expired')
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === 'aud'
      ? new SiteTokenError('token-wrong-site', 'the token is for another site')
      : new SiteTokenError('token-invalid', `the claim ${error.claim} is missing or wrong`)
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return new SiteTokenError('token-invalid', 'the signature is invalid')
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return new SiteTokenError(
      'token-invalid',
      'the signing algorithm differs from the one of the site',
    )
  }
  if (error instanceof errors.JOSEError) {
    return new SiteTokenError('token-invalid', 'the token is not a signed JWT')
  }
  return error
}
