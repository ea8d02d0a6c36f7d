import type { PublicFile, PublicFileName } from './public-files.ts'
import type { Status } from './status.ts'
import type { HttpRequest, HttpResponse } from '../transport/transport.ts'

interface RouteDependencies {
  readonly files: ReadonlyMap<PublicFileName, PublicFile>
  readonly status: () => Status
}

type Route = (request: HttpRequest) => HttpResponse

const common = { 'X-Content-Type-Options': 'nosniff' }

/**
 * The demo page runs under the strictest policy a site may have, which shows that the element
 * needs nothing more. `frame-ancestors` is left open: the page is there to be tried anywhere.
 */
const pageHeaders = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self' ws: wss:",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'allow-duplicates' lit-html",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
}

function json(status: number, body: object, headers: HttpResponse['headers'] = {}): HttpResponse {
  return {
    status,
    headers: {
      ...common,
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      'Access-Control-Allow-Origin': '*',
      ...headers,
    },
    body: `${JSON.stringify(body)}\n`,
  }
}

function bestEncoding(acceptEncoding: string): 'br' | 'gzip' | 'identity' {
  // A weight of zero means "not this one" (RFC 9110 §12.5.3).
  const accepted = new Set(
    acceptEncoding
      .toLowerCase()
      .split(',')
      .filter((entry) => !/;\s*q=0(\.0*)?\s*$/.test(entry))
      .map((entry) => entry.split(';')[0]?.trim()),
  )
  if (accepted.has('br')) return 'br'
  return accepted.has('gzip') ? 'gzip' : 'identity'
}

function serveFile(
  { files }: RouteDependencies,
  name: PublicFileName,
  contentType: string,
  extra: HttpResponse['headers'],
): Route {
  return (request) => {
    const file = files.get(name)
    if (!file) {
      return json(404, { error: 'not-built', message: `${name} is missing: run npm run build` })
    }
    const encoding = bestEncoding(request.header('accept-encoding'))
    const headers = {
      ...common,
      'Content-Type': contentType,
      // Each encoding is a representation of its own, so each has its own tag (RFC 9110 §8.8.3).
      ETag: encoding === 'identity' ? file.etag : file.etag.replace(/"$/, `-${encoding}"`),
      Vary: 'Accept-Encoding',
      ...extra,
    }
    const known = request.header('if-none-match').split(/\s*,\s*/)
    if (known.includes(headers.ETag) || known.includes(`W/${headers.ETag}`)) {
      return { status: 304, headers, body: '' }
    }
    if (encoding === 'identity') return { status: 200, headers, body: file.identity }
    return {
      status: 200,
      headers: { ...headers, 'Content-Encoding': encoding },
      body: file[encoding],
    }
  }
}

/** Answers every HTTP request. Nothing is read from a body, nothing changes anything. */
export function createHttpRoutes(dependencies: RouteDependencies): Route {
  const { status } = dependencies
  const page = serveFile(dependencies, 'index.html', 'text/html; charset=utf-8', {
    ...pageHeaders,
    'Cache-Control': 'no-cache',
    Vary: 'Accept, Accept-Encoding',
  })
  const fresh = { 'Cache-Control': 'no-cache' }
  const javascript = 'text/javascript; charset=utf-8'
  const routes: Readonly<Record<string, Route>> = {
    '/': (request) =>
      request.header('accept').includes('text/html')
        ? page(request)
        : json(200, { status: 'healthy', service: 'buddy-server' }, { Vary: 'Accept' }),
    '/ws': () =>
      json(
        426,
        { error: 'upgrade-required', message: 'this is a WebSocket; does a proxy drop Upgrade?' },
        { Upgrade: 'websocket' },
      ),
    '/healthz': () => json(200, { status: 'healthy' }),
    '/status': () => json(200, status()),
    '/demo.css': serveFile(dependencies, 'demo.css', 'text/css; charset=utf-8', fresh),
    '/demo.js': serveFile(dependencies, 'demo.js', javascript, fresh),
    // Five minutes: a fix reaches every embedding page soon, and a visit asks at most once.
    '/buddy-chat.js': serveFile(dependencies, 'buddy-chat.js', javascript, {
      'Cache-Control': 'public, max-age=300, stale-while-revalidate=86400',
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Timing-Allow-Origin': '*',
    }),
  }
  return (request) => {
    const route = Object.hasOwn(routes, request.path) ? routes[request.path] : undefined
    if (!route) return json(404, { error: 'not-found', message: 'there is nothing at this path' })
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const message = 'only GET and HEAD are understood here'
      return json(405, { error: 'method-not-allowed', message }, { Allow: 'GET, HEAD' })
    }
    return route(request)
  }
}
