import { createPublicKey } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import type { ErrorCode } from '@buddy-chat/protocol'
import { maxFieldBytes, wellFormed } from '@buddy-chat/protocol'

/** The claims about a user in a site token. */
export interface SiteClaims {
  readonly subject: string
  readonly name: string | undefined
  readonly lobby: string | undefined
  /** The values of the attributes that the site has in its setting `attributes`, by name. */
  readonly attributes: Readonly<Record<string, string>>
  /** The age band; undefined if the token has none, or the site has no bands. */
  readonly band: string | undefined
}

/** The settings of a site for its tokens. */
interface TokenOptions {
  readonly secret?: string | undefined
  readonly publicKey?: string | undefined
  /** The names of the claims that tickets may ask for. */
  readonly attributes: readonly string[]
  /** The values that the claim `age_band` may have. */
  readonly ageBands: readonly string[]
}

/** Thrown if a site token is not accepted. The code and the message give the reason. */
export class SiteTokenError extends Error {
  override readonly name = 'SiteTokenError'
  readonly code: ErrorCode & ('token-invalid' | 'token-expired' | 'token-wrong-site')

  constructor(code: SiteTokenError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** The clocks of a site and of this server may differ by up to this number of seconds. */
const clockToleranceSeconds = 5

/**
 * Creates a function that checks the site tokens (JWT, RFC 7519) of one site. A token must be signed with the
 * site's secret (HS256), or with the private key that belongs to the site's public key (ES256). No other
 * algorithm is accepted, in particular not `none` (RFC 8725 §3.1). `aud` is the site's key. `sub` and `exp`
 * are required, `name`, `lobby`, `age_band` and the site's attributes are optional.
 * @returns a function that rejects with SiteTokenError if the token is not accepted
 */
export function createTokenVerifier(
  site: string,
  { secret, publicKey, attributes, ageBands }: TokenOptions,
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
        attributes: attributesIn(payload, attributes),
        band: bandIn(payload, ageBands),
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
 * Returns a claim that identifies a user or a lobby. A token is refused if such a claim contains a lone
 * surrogate, which JSON can contain but the protocol cannot. In a name a lone surrogate is replaced, but that
 * could make two different identifiers equal.
 */
function identifier(value: unknown, claim: string, maxBytes: number): string | undefined {
  const found = text(value, claim, maxBytes)
  if (found === undefined || wellFormed(found) === found) return found
  throw new SiteTokenError('token-invalid', `the claim ${claim} must be well-formed Unicode`)
}

/**
 * Returns the claims that are attributes. A number or a boolean counts as its text, because a site may sign
 * `"verified": true`.
 */
function attributesIn(
  payload: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of names) {
    const raw = Object.hasOwn(payload, name) ? payload[name] : undefined
    const isScalar = typeof raw === 'number' || typeof raw === 'boolean'
    const value = identifier(isScalar ? String(raw) : raw, name, maxFieldBytes.attributeValue)
    if (value !== undefined) found[name] = value
  }
  return found
}

function bandIn(
  { age_band: band }: Readonly<Record<string, unknown>>,
  ageBands: readonly string[],
): string | undefined {
  if (ageBands.length === 0 || band === undefined) return undefined
  const known = ageBands.find((each) => each === band)
  if (known !== undefined) return known
  throw new SiteTokenError('token-invalid', 'the claim age_band is none of the bands of this site')
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
