import { BuddyError } from '../errors.ts'

/**
 * The WebSocket address for the `server` option: a page address means `/ws` on that host, a
 * WebSocket address is taken as it is.
 * @throws BuddyError `invalid-options`
 */
export function socketUrl(server: string, base: string | undefined): string {
  let url: URL
  try {
    url = new URL(server, base)
  } catch (cause) {
    throw new BuddyError('invalid-options', `server is not an address: ${server}`, { cause })
  }
  if (url.protocol === 'ws:' || url.protocol === 'wss:') return url.href
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new BuddyError('invalid-options', `server must be an http(s) or ws(s) address: ${server}`)
  }
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  url.pathname = `${url.pathname.replace(/\/$/, '')}/ws`
  url.search = ''
  url.hash = ''
  return url.href
}
