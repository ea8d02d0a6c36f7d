/**
 * Returns whether `text` is allowed in a list of origins. It may be an origin as a browser sends it, such an
 * origin whose host begins with `*.` (any host below it), `self`, or `*` (all origins).
 */
export function isOriginPattern(text: string): boolean {
  if (text === '*' || text === 'self') return true
  const host = text.replace(/^(https?:\/\/)\*\./, '$1')
  return /^https?:[^*]+$/.test(host) && URL.canParse(host) && new URL(host).origin === host
}

/** A description of what {@link isOriginPattern} accepts, for error messages and the configuration page. */
export const originPatterns =
  'origins like https://chat.example or https://*.example (self: the page this server serves; *: all)'
