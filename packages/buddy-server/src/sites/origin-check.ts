import type { Upgrade } from '../transport/transport.ts'

type OriginAndHost = Pick<Upgrade, 'origin' | 'host'>

/** A host name has at most 253 characters, but an `Origin` header can have thousands. */
const maxOriginLength = 300

/**
 * Makes a function that checks an origin against a list. `*` allows all origins, `https://chat.example`
 * exactly that one, `https://*.example` any host below it, and `self` the page that this server serves. A
 * client without an origin is a program, not a page. It is allowed, because it could send any origin, so
 * that refusing it would not protect any visitor. The time of a check does not depend on the length of
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
    // The scheme is not compared, because a proxy may terminate TLS.
    const [, scheme = '', rest = ''] = /^(https?:\/\/)?(.*)$/s.exec(wanted) ?? []
    if (known.has('self') && host !== '' && rest === host.toLowerCase()) return true
    if (!hasWildcards || wanted.length > maxOriginLength) return false
    for (let dot = rest.indexOf('.', 1); dot > 0; dot = rest.indexOf('.', dot + 1)) {
      if (known.has(`${scheme}*${rest.slice(dot)}`)) return true
    }
    return false
  }
}
