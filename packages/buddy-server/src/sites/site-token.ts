import { createPublicKey } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import type { ErrorCode } from '@buddy-chat/protocol'
import { maxFieldBytes, wellFormed } from '@buddy-chat/protocol'

/** What a site says of a person. */
export interface SiteClaims {
  readonly subject: string
  readonly name: string | undefined
  readonly lobby: string | undefined
}

/** A token that does not admit, and why. */
export class SiteTokenError extends Error {
  override readonly name = 'SiteTokenError'
  readonly code: ErrorCode & ('token-invalid' | 'token-expired' | 'token-wrong-site')

  constructor(code: SiteTokenError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Clocks of a site and of this server may differ by so much. */
const clockToleranceSeconds = 5

/**
 * Checks the tokens (JWT, RFC 7519) of one site: signed HS256 with its secret, or ES256 with the
 * private half of its public key; `aud` is the site's key, `sub` and `exp` are there, `name` and
 * `lobby` may be. No other algorithm is accepted, `none` least of all (RFC 8725 §3.1).
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
      throw named(error)
    }
  }
}

function text(value: unknown, claim: string, maxBytes: number): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && Buffer.byteLength(value) <= maxBytes) return value
  throw new SiteTokenError(
    'token-invalid',
    `the claim ${claim} is no text of at most ${maxBytes} bytes`,
  )
}

/**
 * A claim that is compared with others. A lone surrogate, which JSON can hold, has no form on the wire:
 * replacing it, as in a name, could make two different identifiers equal.
 */
function identifier(value: unknown, claim: string, maxBytes: number): string | undefined {
  const found = text(value, claim, maxBytes)
  if (found === undefined || wellFormed(found) === found) return found
  throw new SiteTokenError('token-invalid', `the claim ${claim} is no well-formed Unicode`)
}

function named(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    return new SiteTokenError('token-expired', 'the token has expired')
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === 'aud'
      ? new SiteTokenError('token-wrong-site', 'the token is not for this site')
      : new SiteTokenError('token-invalid', `the claim ${error.claim} is missing or wrong`)
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return new SiteTokenError('token-invalid', 'the signature is not by this site')
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return new SiteTokenError('token-invalid', 'the signing algorithm is not the one of this site')
  }
  if (error instanceof errors.JOSEError) {
    return new SiteTokenError('token-invalid', 'this is no signed token')
  }
  return error
}
