import { expect, test } from 'vitest'
import type { ServerAnswer } from './server-probe.ts'
import { probeServer } from './server-probe.ts'

const answers: readonly (readonly [
  string,
  ServerAnswer,
  (mode?: RequestMode) => Response | Error,
])[] = [
  ['a Buddy server', 'buddy', () => Response.json({ status: 'healthy' })],
  [
    'a Buddy server behind a redirect',
    'moved',
    () =>
      Object.defineProperty(Response.json({ status: 'healthy' }), 'redirected', { value: true }),
  ],
  ['an HTML page', 'other', () => new Response('<!doctype html>')],
  ['status 404', 'other', () => new Response('Not found', { status: 404 })],
  ['another API', 'other', () => Response.json('hello')],
  ['a proxy whose server is down', 'unknown', () => new Response('', { status: 502 })],
  ['a proxy with a rate limit', 'unknown', () => new Response('', { status: 429 })],
  ['an unreachable server', 'unknown', () => new TypeError('failed to fetch')],
  [
    'a server without CORS headers',
    'unreadable',
    (mode) => (mode === 'cors' ? new TypeError('failed to fetch') : Response.error()),
  ],
]

test.each(answers)('resolves, for %s, with `%s`', async (_, expected, answer) => {
  const urls: unknown[] = []
  const found = await probeServer('wss://chat.example/buddy/ws', async (url, init) => {
    urls.push(url)
    const response = answer(init?.mode)
    if (response instanceof Error) throw response
    return response
  })
  expect(found).toBe(expected)
  expect(urls[0]).toBe('https://chat.example/buddy/healthz')
})

test('sends no request and resolves with `unknown` if the address does not end in /ws', async () => {
  const fetch = (): Promise<Response> => Promise.reject(new Error('fetched'))
  expect(await probeServer('wss://chat.example/socket', fetch)).toBe('unknown')
})
