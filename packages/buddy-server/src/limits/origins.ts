/**
 * Decides by a list of origins: `*` allows all, `https://chat.example` exactly that one,
 * `https://*.example` any host below it. A client without an origin is a program, not a page:
 * it could name any, so refusing it would protect nobody.
 */
export function createOriginCheck(
  allowed: readonly string[],
): (origin: string | undefined) => boolean {
  if (allowed.includes('*')) return () => true
  const exact = new Set(allowed.map((origin) => origin.toLowerCase()))
  const suffixes = allowed
    .map((origin) => /^(https?:\/\/)\*(\..+)$/.exec(origin.toLowerCase()))
    .flatMap((match) => (match?.[1] && match[2] ? [{ scheme: match[1], suffix: match[2] }] : []))
  return (origin) => {
    if (origin === undefined) return true
    const wanted = origin.toLowerCase()
    return (
      exact.has(wanted) ||
      suffixes.some(
        ({ scheme, suffix }) =>
          wanted.startsWith(scheme) &&
          wanted.endsWith(suffix) &&
          wanted.length > scheme.length + suffix.length,
      )
    )
  }
}
