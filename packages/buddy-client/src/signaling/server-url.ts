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

/** Where the server at a WebSocket's address tells that it lives; undefined where that is not known. */
export function healthUrl(socketAddress: string): string | undefined {
  const url = new URL(socketAddress)
  if (!url.pathname.endsWith('/ws')) return undefined
  url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
  url.pathname = url.pathname.replace(/ws$/, 'healthz')
  url.search = ''
  return url.href
}
