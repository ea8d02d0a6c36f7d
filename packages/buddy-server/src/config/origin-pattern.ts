/** As a browser writes it, with a leading `*.` for any host below; or `self`, or `*` for all. */
export function isOriginPattern(text: string): boolean {
  if (text === '*' || text === 'self') return true
  const host = text.replace(/^(https?:\/\/)\*\./, '$1')
  return /^https?:[^*]+$/.test(host) && URL.canParse(host) && new URL(host).origin === host
}

/** What {@link isOriginPattern} accepts, for people. */
export const originPatterns =
  'origins like https://chat.example or https://*.example (self: the page this server serves; *: all)'
