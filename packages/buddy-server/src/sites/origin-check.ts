import type { Upgrade } from '../transport/transport.ts'

type Asking = Pick<Upgrade, 'origin' | 'host'>

/** A host name has 253 characters at most; an `Origin` header may have thousands. */
const maxOriginLength = 300

/**
 * Decides by a list of origins: `*` allows all, `https://chat.example` exactly that one,
 * `https://*.example` any host below it, `self` the page this server itself serves. A client without
 * an origin is a program, not a page: it could name any, so refusing it would protect no visitor. The check
 * takes no longer for a long list.
 */
export function createOriginCheck(allowed: readonly string[]): (asking: Asking) => boolean {
  if (allowed.includes('*')) return () => true
  const known = new Set(allowed.map((origin) => origin.toLowerCase()))
  const hasWildcards = allowed.some((origin) => origin.includes('*'))
  return ({ origin, host }) => {
    if (origin === undefined) return true
    const wanted = origin.toLowerCase()
    if (known.has(wanted)) return !wanted.includes('*') && wanted !== 'self'
    // A proxy may have taken TLS off: the scheme is not compared.
    const [, scheme = '', rest = ''] = /^(https?:\/\/)?(.*)$/s.exec(wanted) ?? []
    if (known.has('self') && host !== '' && rest === host.toLowerCase()) return true
    if (!hasWildcards || wanted.length > maxOriginLength) return false
    for (let dot = rest.indexOf('.', 1); dot > 0; dot = rest.indexOf('.', dot + 1)) {
      if (known.has(`${scheme}*${rest.slice(dot)}`)) return true
    }
    return false
  }
}
