import type { Upgrade } from '../transport/transport.ts'

type Asking = Pick<Upgrade, 'origin' | 'host'>

/**
 * Decides by a list of origins: `*` allows all, `https://chat.example` exactly that one,
 * `https://*.example` any host below it, `self` the page this server itself serves. A client without
 * an origin is a program, not a page: it could name any, so refusing it would protect nobody.
 */
export function createOriginCheck(allowed: readonly string[]): (asking: Asking) => boolean {
  if (allowed.includes('*')) return () => true
  const exact = new Set(allowed.map((origin) => origin.toLowerCase()))
  const suffixes = allowed
    .map((origin) => /^(https?:\/\/)\*(\..+)$/.exec(origin.toLowerCase()))
    .flatMap((match) => (match?.[1] && match[2] ? [{ scheme: match[1], suffix: match[2] }] : []))
  return ({ origin, host }) => {
    if (origin === undefined) return true
    const wanted = origin.toLowerCase()
    return (
      exact.has(wanted) ||
      // A proxy may have taken TLS off: the scheme is not compared.
      (exact.has('self') &&
        host !== '' &&
        wanted.replace(/^https?:\/\//, '') === host.toLowerCase()) ||
      suffixes.some(
        ({ scheme, suffix }) =>
          wanted.startsWith(scheme) &&
          wanted.endsWith(suffix) &&
          wanted.length > scheme.length + suffix.length,
      )
    )
  }
}
