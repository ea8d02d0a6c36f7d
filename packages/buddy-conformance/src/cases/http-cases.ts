import { group } from '../case.ts'
import { check, equal } from '../failure.ts'
export const httpCases = group('http', 'http', [
  {
    title: 'answers /healthz for pages of every origin',
    rule: '`GET /healthz` must answer 200 with a JSON object that has a field `status`, readable for pages of every origin (`Access-Control-Allow-Origin: *`), with the header `Date` exposed to them.',
    run: async (t) => {
      const response = await t.request('healthz')
      equal(response.status, 200, 'the status')
      equal(response.headers.get('access-control-allow-origin'), '*', 'the allowed origin')
      const exposed = response.headers.get('access-control-expose-headers') ?? ''
      check(/\bdate\b/i.test(exposed), `the exposed headers are "${exposed}"`)
      check(response.headers.get('date') !== null, 'there is no header Date')
      const body = (await response.json()) as object
      check('status' in body, `the body is ${JSON.stringify(body)}`)
    },
  },
  {
    title: 'answers a plain request for /ws with 426',
    rule: 'A request for `/ws` that is not a WebSocket handshake must be answered with 426.',
    run: async (t) => {
      equal((await t.request('ws')).status, 426, 'the status')
    },
  },
])
