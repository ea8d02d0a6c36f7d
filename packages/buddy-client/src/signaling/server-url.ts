import { BuddyError } from '../errors.ts'

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname.endsWith('.localhost') || /^(127\.|\[::1\])/.test(hostname)

/** A host without a scheme: `chat.example`, `localhost:3000`, `10.0.0.5/chat`. No relative path matches. */
const isBareHost = (server: string): boolean =>
  /^(localhost|\[[\da-f:]+\]|[^/.?#][^/?#]*[.:][^/?#]+)([/?#]|$)/i.test(server)

/**
 * Adds the scheme to a host: `http` for a server on this machine, and for a server with a port if the
 * page is `http` too; otherwise `https`.
 */
function withScheme(host: string, base: URL | undefined): string {
  const url = new URL(`https://${host}`)
  const isPlain = isLoopback(url) || (base?.protocol === 'http:' && url.port !== '')
  return `${isPlain ? 'http' : 'https'}://${host}`
}

function parse(server: string, base: string | undefined): URL {
  const text = server.trim()
  const page = base === undefined || !URL.canParse(base) ? undefined : new URL(base)
  // With a missing or surplus slash after the scheme, `URL` would resolve a path of the page.
  const complete = text.replace(/^(https?|wss?):\/*/i, '$1://')
  if (isBareHost(text) && complete === text && !text.includes('://')) {
    return new URL(withScheme(text, page))
  }
  return new URL(complete, base)
}

/**
 * The WebSocket address for the `server` option: `/ws` below the address of a page, script or host. A
 * WebSocket address that has a path stays as it is.
 * @throws BuddyError `invalid-options`, `insecure-server`
 */
export function socketUrl(server: string, base: string | undefined): string {
  if (!server) {
    const message = 'server is not set, and this page has no address of its own to use instead'
    throw new BuddyError('invalid-options', message)
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
    // Site owners copy addresses from the address bar or the script tag, with or without a final slash.
    const folder = url.pathname.replace(/\/buddy-chat\.js$/, '/').replace(/(\/ws)?\/*$/, '')
    url.pathname = `${folder}/ws`
  }
  url.protocol = isSecure ? 'wss:' : 'ws:'
  // A fragment is never sent to a server, and older browsers reject it in `new WebSocket()`.
  url.hash = ''
  return url.href
}

/** The health address of the server at a WebSocket's address; undefined if it cannot be derived. */
export function healthUrl(socketAddress: string): string | undefined {
  const url = new URL(socketAddress)
  if (!url.pathname.endsWith('/ws')) return undefined
  url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
  url.pathname = url.pathname.replace(/ws$/, 'healthz')
  url.search = ''
  return url.href
}
