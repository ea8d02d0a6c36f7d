import type { Upgrade } from '../transport/transport.ts'

type OriginAndHost = Pick<Upgrade, 'origin' | 'host'>

/**
 * Longer origins are not compared with wildcards, which would take long. A host name has at most 253
 * characters, but an `Origin` header can have thousands.
 */
const maxOriginLength = 300

/**
 * Creates a function that checks whether a list allows an origin. In the list, `*` allows all origins,
 * `https://chat.example` this one only, `https://*.example` any host below it, and `self` the pages of this
 * server. A client that sends no origin is a program, not a page. It is allowed, because a program could send
 * any origin, so refusing it would protect no visitor. The time of a check does not depend on the length of
 * the list.
 */
export function createOriginCheck(allowed: readonly string[]): (upgrade: OriginAndHost) => boolean {
  if (allowed.includes('*')) return () => true
  const known = new Set(allowed.map((origin) => origin.toLowerCase()))
  const hasWildcards = allowed.some((origin) => origin.includes('*'))
  return ({ origin, host }) => {
    if (origin === undefined) return true
    const wanted = origin.toLowerCase()
    if (known.has(wanted)) return !wanted.includes('*') && wanted !== 'self'
    // For `self` the scheme is not compared, because the server does not know it if a proxy terminates TLS.
    const [, scheme = '', rest = ''] = /^(https?:\/\/)?(.*)$/s.exec(wanted) ?? []
    if (known.has('self') && host !== '' && rest === host.toLowerCase()) return true
    if (!hasWildcards || wanted.length > maxOriginLength) return false
    for (let dot = rest.indexOf('.', 1); dot > 0; dot = rest.indexOf('.', dot + 1)) {
      if (known.has(`${scheme}*${rest.slice(dot)}`)) return true
    }
    return false
  }
}
