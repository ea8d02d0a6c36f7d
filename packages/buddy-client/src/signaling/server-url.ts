import { BuddyError } from '../errors.ts'

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname.endsWith('.localhost') || /^(127\.|\[::1\])/.test(hostname)

/**
 * Returns whether `server` is a host without a scheme, for example `chat.example`, `localhost:3000` or
 * `10.0.0.5/chat`. Returns false for relative paths.
 */
const isBareHost = (server: string): boolean =>
  /^(localhost|\[[\da-f:]+\]|[^/.?#][^/?#]*[.:][^/?#]+)([/?#]|$)/i.test(server)

/**
 * Adds the scheme to a host. The scheme is `http` for a server on this machine, and for a server with a port
 * if the page is `http` too. Otherwise it is `https`.
 */
function withScheme(host: string, base: URL | undefined): string {
  const url = new URL(`https://${host}`)
  const isPlain = isLoopback(url) || (base?.protocol === 'http:' && url.port !== '')
  return `${isPlain ? 'http' : 'https'}://${host}`
}

function parse(server: string, base: string | undefined): URL {
  const text = server.trim()
  const page = base === undefined || !URL.canParse(base) ? undefined : new URL(base)
  // If a slash after the scheme is missing or surplus, `URL` would return an address on the page's own
  // host.
  const complete = text.replace(/^(https?|wss?):\/*/i, '$1://')
  if (isBareHost(text) && complete === text && !text.includes('://')) {
    return new URL(withScheme(text, page))
  }
  return new URL(complete, base)
}

/**
 * Returns the WebSocket address for the option `server`. If `server` is the address of a host, of a page
 * or of the script `buddy-chat.js`, the WebSocket is at `/ws` below it. A ws(s) address with a path is not
 * changed.
 * @throws BuddyError `server-missing`, `invalid-options`, `insecure-server`
 */
export function socketUrl(server: string, base: string | undefined): string {
  if (!server) {
    const message = 'server is not set: set it to the address of a Buddy server'
    throw new BuddyError('server-missing', message)
  }
  let url: URL
  try {
    url = parse(server, base)
  } catch (cause) {
    throw new BuddyError('invalid-options', `server is not an address: ${server}`, { cause })
  }
  const isSecure = url.protocol === 'https:' || url.protocol === 'wss:'
  if (!isSecure && url.protocol !== 'http:' && url.protocol !== 'ws:') {
    throw new BuddyError('invalid-options', `server must be an http(s) or ws(s) address: ${server}`)
  }
  if (!isSecure && base?.startsWith('https:') && !isLoopback(url)) {
    const message = `an https page may connect to https and wss addresses only: ${server}`
    throw new BuddyError('insecure-server', message)
  }
  const isWhole = url.protocol.startsWith('ws') && !url.pathname.endsWith('/')
  if (!isWhole) {
    url.search = ''
    // Site owners copy addresses from the address bar or from the script tag, with or without a final
    // slash.
    const folder = url.pathname.replace(/\/buddy-chat\.js$/, '/').replace(/(\/ws)?\/*$/, '')
    url.pathname = `${folder}/ws`
  }
  url.protocol = isSecure ? 'wss:' : 'ws:'
  // The fragment is removed, because browsers do not send it and older ones reject it in `new WebSocket()`.
  url.hash = ''
  return url.href
}

/**
 * Returns the address of a file that the server delivers, such as `buddy-guard.js`.
 * @param server the option `server`; empty for the origin of `base`
 * @param base the address of the page
 * @throws BuddyError as `socketUrl`
 */
export function serverFileUrl(server: string, name: string, base: string): string {
  const url = new URL(socketUrl(server || new URL('/', base).href, base))
  url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
  url.pathname = url.pathname.replace(/[^/]*$/, name)
  url.search = ''
  return url.href
}

/**
 * Returns the address of a server's health check (`/healthz`). Undefined if the path does not end in
 * `/ws`.
 */
export function healthUrl(socketAddress: string): string | undefined {
  const url = new URL(socketAddress)
  if (!url.pathname.endsWith('/ws')) return undefined
  url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
  url.pathname = url.pathname.replace(/ws$/, 'healthz')
  url.search = ''
  return url.href
}
