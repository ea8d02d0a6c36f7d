import type { HttpRequest, HttpResponse } from '../../transport/transport.ts'
import type { Access } from './admin-access.ts'
import type { Answer, Route } from './responses.ts'
import { json } from './responses.ts'

/** The dependencies of the check for the admin token. */
export interface TokenCheck {
  /** Checks a request for the admin token. */
  readonly access: (request: HttpRequest) => Access
  readonly hasAdminToken: () => boolean
}

const refusals = {
  none: { status: 401, error: 'unauthorized', message: 'the admin token is required' },
  wrong: { status: 401, error: 'unauthorized', message: 'the admin token is wrong' },
  'too-many': {
    status: 429,
    error: 'too-many-attempts',
    message: 'too many wrong tokens: try again later',
  },
} as const

/**
 * Returns the refusal of a request without the right admin token, or undefined if it has the token. A server
 * that has no admin token refuses every request with 404.
 */
export function refuseWithoutToken(
  { access, hasAdminToken }: TokenCheck,
  request: HttpRequest,
): HttpResponse | undefined {
  if (!hasAdminToken()) {
    return json(404, { error: 'no-admin-token', message: 'set ADMIN_TOKEN to enable this page' })
  }
  const result = access(request)
  if (result === 'granted') return undefined
  const { status, error, message } = refusals[result]
  return json(
    status,
    { error, message },
    status === 401
      ? { 'WWW-Authenticate': 'Basic realm="Buddy", charset="UTF-8"' }
      : { 'Retry-After': '60' },
  )
}

/**
 * Returns a route that requires the admin token. If the server has no admin token, the route answers 404 or,
 * if `isOpenWithoutToken`, answers every request.
 */
export function behindToken(check: TokenCheck, route: Route, isOpenWithoutToken = false): Route {
  return (request): Answer => {
    if (isOpenWithoutToken && !check.hasAdminToken()) return route(request)
    return refuseWithoutToken(check, request) ?? route(request)
  }
}
