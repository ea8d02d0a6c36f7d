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
  ['a web site', 'other', () => new Response('<!doctype html>')],
  ['a web site without that page', 'other', () => new Response('Not found', { status: 404 })],
  ['another API', 'other', () => Response.json('hello')],
  ['a proxy without its server', 'unknown', () => new Response('', { status: 502 })],
  ['a proxy that limits rates', 'unknown', () => new Response('', { status: 429 })],
  ['nothing', 'unknown', () => new TypeError('failed to fetch')],
  [
    'a site that allows no other to read it',
    'unreadable',
    (mode) => (mode === 'cors' ? new TypeError('failed to fetch') : Response.error()),
  ],
]

test.each(answers)('%s is %s', async (_, expected, answer) => {
  const asked: unknown[] = []
  const found = await probeServer('wss://chat.example/buddy/ws', async (url, init) => {
    asked.push(url)
    const response = answer(init?.mode)
    if (response instanceof Error) throw response
    return response
  })
  expect(found).toBe(expected)
  expect(asked[0]).toBe('https://chat.example/buddy/healthz')
})

test('at an address that is not /ws nothing is asked', async () => {
  const fetch = (): Promise<Response> => Promise.reject(new Error('asked'))
  expect(await probeServer('wss://chat.example/socket', fetch)).toBe('unknown')
})
