import type { HttpVerdict } from '../../limits/http-admission.ts'
import type { HttpRequest, HttpResponse, TransportHandlers } from '../../transport/transport.ts'
import { behindToken } from './behind-token.ts'
import type { DashboardData } from '../dashboard/data.ts'
import type { ModerationRouteDependencies } from './moderation-routes.ts'
import { createModerationRoutes } from './moderation-routes.ts'
import type { PublicFileName, PublicFiles } from './public-files.ts'
import type { Route } from './responses.ts'
import { commonHeaders, json, ownJson } from './responses.ts'
import { serveFile } from './serve-file.ts'
import type { Status } from '../status.ts'

interface RouteDependencies extends ModerationRouteDependencies {
  readonly publicFiles: PublicFiles
  /**
   * Decides whether a request is answered. Not called for the probes of load balancers, which are always
   * answered.
   */
  readonly judge: (request: HttpRequest) => HttpVerdict
  readonly status: (withSites: boolean) => Promise<Status>
  readonly isDraining: () => boolean
  /** Returns whether the engine can match users of some sites; false while Redis does not answer. */
  readonly isEngineUp: () => boolean
  /** Returns the shards of Redis that do not answer, if there are several. */
  readonly downShards: () => readonly number[]
  /** Returns why Redis cannot be used, in one word; undefined if that is not known. */
  readonly redisProblem: () => string | undefined
  /** Returns the address to which limits and bans apply for the sender of a request. */
  readonly addressOf: (request: HttpRequest) => string
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>
  readonly dashboard: () => Promise<DashboardData>
}

/**
 * Returns the headers of a page with a strict content security policy. `more` are additional directives for
 * this page.
 */
const pageHeaders = (...more: readonly string[]): HttpResponse['headers'] => ({
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    ...more,
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
})

/** The script and its parts: pages of all origins may load them. */
const forAllOrigins = {
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Timing-Allow-Origin': '*',
}

/**
 * The policy of the guard's worker, which the browser enforces: it compiles WebAssembly, and cannot make a request.
 * So the pictures that it checks cannot leave the device.
 */
const workerPolicy = {
  'Content-Security-Policy': "default-src 'none'; script-src 'wasm-unsafe-eval'",
}
const guardWorker = 'guard/buddy-guard-worker.js'

/** Returns the answer to a request for the script, or one of its parts, of one version. */
function versioned(request: HttpRequest, { version, files }: PublicFiles): HttpResponse {
  const [, wanted = '', name = ''] = /^\/v\/([^/]*)\/(.*)$/.exec(request.path) ?? []
  if (wanted !== version) {
    const message = `this server has only one version of the script: /v/${version}/buddy-chat.js`
    return json(404, { error: 'unknown-version', message })
  }
  const file = files.get(`v/${name}`)
  if (!file) return notFound()
  // The bytes of a version never change.
  const headers = {
    'Cache-Control': 'public, max-age=31536000, immutable',
    ...forAllOrigins,
    ...(name === guardWorker && workerPolicy),
  }
  return serveFile(request, name, file, headers)
}

/** Returns a route that redirects to a URL, which may be relative to the requested one. */
const redirect =
  (location: string): Route =>
  () => ({ status: 308, headers: { ...commonHeaders, Location: location }, body: '' })

const notFound = (): HttpResponse =>
  json(404, { error: 'not-found', message: 'this path does not exist' })

/** Returns the routes by path. Each route answers GET and HEAD. */
function createRoutes(dependencies: RouteDependencies): Readonly<Record<string, Route>> {
  const { publicFiles, status, isDraining, isEngineUp, downShards, redisProblem, access } =
    dependencies
  const { addressOf, metrics, dashboard } = dependencies
  const { missing, changed } = publicFiles
  const hasAllFiles = missing.length + changed.length === 0
  const file =
    (
      name: PublicFileName,
      headers: HttpResponse['headers'],
    ): ((request: HttpRequest) => HttpResponse) =>
    (request) => {
      const found = publicFiles.files.get(name)
      if (found) return serveFile(request, name, found, headers)
      const message = `${name} is missing: build or install the server again`
      return json(404, { error: 'not-built', message })
    }
  const fresh = { 'Cache-Control': 'no-cache' }
  // Browsers cache the file for five minutes. So a fix reaches every embedding page soon, and a visit
  // requests the file at most once.
  const script = {
    'Cache-Control': 'public, max-age=300, stale-while-revalidate=86400',
    ...forAllOrigins,
  }
  // There is no `frame-ancestors` directive, because other pages may embed the demo page.
  const page = file('index.html', {
    ...pageHeaders(
      "connect-src 'self' ws: wss:",
      "media-src 'self' blob:",
      "trusted-types 'allow-duplicates' lit-html buddy-guard",
    ),
    ...fresh,
    Vary: 'Accept, Accept-Encoding',
  })
  const forOperators = {
    ...pageHeaders("connect-src 'self'", "trusted-types 'none'", "frame-ancestors 'none'"),
    ...fresh,
  }
  return {
    '/': (request) =>
      request.header('accept').includes('text/html')
        ? page(request)
        : json(200, { status: 'healthy', service: 'buddy-server' }, { Vary: 'Accept' }),
    '/ws': () =>
      json(
        426,
        {
          error: 'upgrade-required',
          message: 'this is a WebSocket endpoint: does a proxy drop the Upgrade header?',
        },
        { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
      ),
    // Pages of any origin may read `Date`, to find out how far their own clock is off.
    '/healthz': () => json(200, { status: 'healthy' }, { 'Access-Control-Expose-Headers': 'Date' }),
    '/readyz': () => {
      if (isDraining()) return json(503, { status: 'draining' })
      if (!hasAllFiles) return json(503, { status: 'files-missing', missing, changed })
      if (!isEngineUp()) {
        return json(503, { status: 'redis-unreachable', problem: redisProblem() ?? 'unknown' })
      }
      const down = downShards()
      return json(200, { status: 'ready', ...(down.length > 0 && { redis_shards_down: down }) })
    },
    '/status': async (request) => {
      const isAdmin = access(request) === 'granted'
      return isAdmin ? ownJson(200, await status(true)) : json(200, await status(false))
    },
    '/metrics': behindToken(
      dependencies,
      async () => {
        const { type, text } = await metrics()
        return { status: 200, headers: { ...commonHeaders, 'Content-Type': type }, body: text }
      },
      true,
    ),
    '/dashboard': behindToken(dependencies, file('dashboard/index.html', forOperators)),
    '/moderation': behindToken(dependencies, file('moderation/index.html', forOperators)),
    '/client-address': behindToken(dependencies, (request) =>
      ownJson(200, {
        address: addressOf(request),
        peer: request.remoteAddress,
        forwarded_for: request.forwardedFor.split(',').flatMap((entry) => entry.trim() || []),
      }),
    ),
    // The URL is relative, like all URLs in the pages, because a proxy may offer the server below a path.
    '/dashboard/': redirect('../dashboard'),
    '/moderation/': redirect('../moderation'),
    '/dashboard/data': behindToken(dependencies, async () => ownJson(200, await dashboard())),
    // The style sheet, the script and the licences of its libraries need no token: they contain no data.
    '/dashboard/dashboard.css': file('dashboard/dashboard.css', fresh),
    '/dashboard/dashboard.js': file('dashboard/dashboard.js', fresh),
    '/dashboard/THIRD-PARTY-NOTICES.txt': file('dashboard/THIRD-PARTY-NOTICES.txt', fresh),
    '/moderation/moderation.css': file('moderation/moderation.css', fresh),
    '/moderation/moderation.js': file('moderation/moderation.js', fresh),
    // What the scripts of both pages import.
    '/operator-pages.js': file('operator-pages.js', fresh),
    '/demo.css': file('demo.css', fresh),
    '/demo.js': file('demo.js', fresh),
    '/buddy-chat.js': file('v/buddy-chat.js', script),
    // If the page has switched the guard on, the element loads the guard from this path, and the guard loads
    // its worker.
    '/buddy-guard.js': file('v/guard/buddy-guard.js', script),
    '/buddy-guard-worker.js': file(`v/${guardWorker}`, { ...script, ...workerPolicy }),
  }
}

/**
 * Paths of the probes of load balancers. They are not limited, because they may come from the address of a
 * proxy, whose limits all users behind it share.
 */
const probes: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

function tooMany(retryAfterMs: number): HttpResponse {
  const message = 'too many requests from one address'
  return json(
    429,
    { error: 'too-many-requests', message },
    { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)), Connection: 'close' },
  )
}

/** The functions that answer HTTP requests; see `TransportHandlers`. */
type HttpRoutes = Required<Pick<TransportHandlers, 'keepsBody' | 'onRequest'>>

function methodNotAllowed(...allowed: readonly string[]): HttpResponse {
  const message = `only ${allowed.join(' and ')} ${allowed.length > 1 ? 'are' : 'is'} allowed`
  return json(405, { error: 'method-not-allowed', message }, { Allow: allowed.join(', ') })
}

/** Creates the functions that answer HTTP requests. Only routes of moderation read a body and change something. */
export function createHttpRoutes(dependencies: RouteDependencies): HttpRoutes {
  const { judge } = dependencies
  const { reads, changes, refuseChange } = createModerationRoutes(dependencies)
  const routes: Readonly<Record<string, Route>> = { ...createRoutes(dependencies), ...reads }
  return {
    keepsBody: (request) =>
      request.method === 'POST' && Object.hasOwn(changes, request.path) && !refuseChange(request),
    onRequest: (request, body) => {
      if (!probes.has(request.path)) {
        const verdict = judge(request)
        if (verdict.kind === 'dropped') return undefined
        if (verdict.kind === 'refused') return tooMany(verdict.retryAfterMs)
      }
      const { path, method } = request
      const change = Object.hasOwn(changes, path) ? changes[path] : undefined
      if (change) {
        if (method !== 'POST') return methodNotAllowed('POST')
        return refuseChange(request) ?? change(request, body)
      }
      const route: Route | undefined = path.startsWith('/v/')
        ? () => versioned(request, dependencies.publicFiles)
        : Object.hasOwn(routes, path)
          ? routes[path]
          : undefined
      if (!route) return notFound()
      if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed('GET', 'HEAD')
      return route(request)
    },
  }
}
