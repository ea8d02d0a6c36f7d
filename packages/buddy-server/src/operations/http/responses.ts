import type { HttpRequest, HttpResponse } from '../../transport/transport.ts'

/** The headers of every response that is not a file. */
export const commonHeaders = { 'X-Content-Type-Options': 'nosniff' }

/** What a route returns. */
export type Answer = HttpResponse | Promise<HttpResponse>

/** Answers the requests for one path. */
export type Route = (request: HttpRequest) => Answer

/** Returns a JSON response that pages of other origins cannot read. */
export function ownJson(
  status: number,
  body: object,
  headers: HttpResponse['headers'] = {},
): HttpResponse {
  return {
    status,
    headers: {
      ...commonHeaders,
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      ...headers,
    },
    body: `${JSON.stringify(body)}\n`,
  }
}

/** Returns a JSON response that pages of any origin may read. */
export function json(
  status: number,
  body: object,
  headers: HttpResponse['headers'] = {},
): HttpResponse {
  return ownJson(status, body, { 'Access-Control-Allow-Origin': '*', ...headers })
}
