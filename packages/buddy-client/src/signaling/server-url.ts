import { BuddyError } from '../errors.ts'

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname.endsWith('.localhost') || /^(127\.|\[::1\])/.test(hostname)

/** `chat.example`, `localhost:3000`, `10.0.0.5/chat`: a host without its scheme, which no path looks like. */
const isBareHost = (server: string): boolean =>
  /^(localhost|\[[\da-f:]+\]|[^/.?#][^/?#]*[.:][^/?#]+)([/?#]|$)/i.test(server)

/**
 * Completes an address whose scheme is missing: `https`, unless the server is on this machine, or on a
 * port of its own beside a page that is not https either.
 */
function withScheme(host: string, base: URL | undefined): string {
  const url = new URL(`https://${host}`)
  const isPlain = isLoopback(url) || (base?.protocol === 'http:' && url.port !== '')
  return `${isPlain ? 'http' : 'https'}://${host}`
}

function parse(server: string, base: string | undefined): URL {
  const text = server.trim()
  const page = base === undefined || !URL.canParse(base) ? undefined : new URL(base)
  // One slash too few or too many would be read as a path of the page.
  const complete = text.replace(/^(https?|wss?):\/*/i, '$1://')
  if (isBareHost(text) && complete === text && !text.includes('://')) {
    return new URL(withScheme(text, page))
  }
  return new URL(complete, base)
}

/**
 * The WebSocket address for the `server` option: `/ws` below the address of a page, script or host. A
 * WebSocket address with a path of its own is taken as it is.
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
    // Site owners copy it from the address bar or from the script tag, with or without a slash at the end.
    const folder = url.pathname.replace(/\/buddy-chat\.js$/, '/').replace(/(\/ws)?\/*$/, '')
    url.pathname = `${folder}/ws`
  }
  url.protocol = isSecure ? 'wss:' : 'ws:'
  // No server gets to see it, and `new WebSocket()` of older browsers refuses it.
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
