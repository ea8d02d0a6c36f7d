/**
 * Whether `text` is an origin as a browser sends it, such an origin with a leading `*.` (any host
 * below), `self`, or `*` (all origins).
 */
export function isOriginPattern(text: string): boolean {
  if (text === '*' || text === 'self') return true
  const host = text.replace(/^(https?:\/\/)\*\./, '$1')
  return /^https?:[^*]+$/.test(host) && URL.canParse(host) && new URL(host).origin === host
}

/** What {@link isOriginPattern} accepts, for error messages and the configuration page. */
export const originPatterns =
  'origins like https://chat.example or https://*.example (self: the page this server serves; *: all)'
