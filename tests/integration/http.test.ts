// HTTP responses to browsers, tools and load balancers.
import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'

interface Answer {
  readonly status: number | undefined
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Buffer
}

/** Sends a request without the headers and the decompression that `fetch` adds. */
function get(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      )
    })
      .on('error', reject)
      .end()
  })
}

const asBrowser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

test('GET / returns JSON to tools and the demo page to browsers', async ({ startServer }) => {
  const { url } = await startServer()
  const forTools = await get(url)
  expect(forTools.status).toBe(200)
  expect(forTools.headers['content-type']).toContain('application/json')
  expect(JSON.parse(forTools.body.toString())).toEqual({
    status: 'healthy',
    service: 'buddy-server',
  })
  const forBrowsers = await get(url, asBrowser)
  expect(forBrowsers.headers['content-type']).toContain('text/html')
  expect(forBrowsers.body.toString()).toContain('<buddy-chat>')
  // `Vary` keeps caches from returning the JSON to a browser, or the page to a tool.
  for (const { headers } of [forTools, forBrowsers]) expect(headers['vary']).toContain('Accept')
})

test('the script of the dashboard leads to the licence of the library that draws the plots', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const script = await get(`${url}/dashboard/dashboard.js`)
  const [, file] = /^\/\*! With libraries; see (\S+) \*\//.exec(script.body.toString())!
  const notices = await get(`${url}/dashboard/${file}`)
  expect(notices.headers['content-type']).toContain('text/plain')
  expect(notices.body.toString()).toMatch(/uplot.*Permission is hereby granted/s)
})

test('/healthz exposes the Date header to pages of any origin', async ({ startServer }) => {
  const { url } = await startServer()
  const { headers } = await fetch(`${url}/healthz`)
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('access-control-expose-headers')).toBe('Date')
  expect(Math.abs(Date.parse(headers.get('date') ?? '') - Date.now())).toBeLessThan(10_000)
})

test('/healthz returns 200', async ({ startServer }) => {
  const { url } = await startServer()
  const { status, body } = await get(`${url}/healthz`)
  expect([status, JSON.parse(body.toString())]).toEqual([200, { status: 'healthy' }])
})

test('/status returns the counts of users, rooms and load', async ({ startServer }) => {
  const { url } = await startServer({ maxUsers: 8, maxRooms: 4 })
  await RawClient.pair(url)
  const third = await RawClient.join(url, 'Third')
  third.enter({ lobby: 'elsewhere' })
  await third.receive('waiting')
  const { body, headers } = await get(`${url}/status`)
  expect(headers['cache-control']).toBe('no-store')
  expect(JSON.parse(body.toString())).toEqual({
    status: 'healthy',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    uptime_seconds: expect.any(Number),
    users: 3,
    away: 0,
    max_users: 8,
    load_percent: 37.5,
    waiting: 1,
    rooms: 1,
    max_rooms: 4,
    room_percent: 25,
    matches: 1,
    wait_ms: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
  })
})

test('/buddy-chat.js is cacheable, readable from every origin, and compressed if the client accepts it', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const plain = await get(`${url}/buddy-chat.js`)
  expect(plain.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': 'public, max-age=300, stale-while-revalidate=86400',
    vary: 'Accept-Encoding',
    'x-content-type-options': 'nosniff',
  })
  expect(plain.body.toString()).toContain('buddy-chat')
  const br = await get(`${url}/buddy-chat.js`, { 'Accept-Encoding': 'gzip, br' })
  expect(br.headers['content-encoding']).toBe('br')
  expect(brotliDecompressSync(br.body)).toEqual(plain.body)
  const gzip = await get(`${url}/buddy-chat.js`, { 'Accept-Encoding': 'br;q=0, gzip' })
  expect(gzip.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(gzip.body)).toEqual(plain.body)
  // Each encoding has its own ETag, and If-None-Match accepts each of them.
  const tags = [plain, br, gzip].map(({ headers }) => String(headers['etag']))
  expect(new Set(tags).size).toBe(3)
  const again = await get(`${url}/buddy-chat.js`, { 'If-None-Match': `"x", W/${tags[0]}` })
  expect([again.status, again.body.length]).toEqual([304, 0])
})

test('/v/<version>/buddy-chat.js is the same script, and caches may keep it for ever', async ({
  startServer,
}) => {
  const { url, server } = await startServer()
  const shortLived = await get(`${url}/buddy-chat.js`)
  const path = `${url}/v/${server.status().version}/buddy-chat.js`
  const plain = await get(path)
  expect(plain.status).toBe(200)
  expect(plain.body).toEqual(shortLived.body)
  expect(plain.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'Accept-Encoding',
    etag: shortLived.headers['etag'],
  })
  const br = await get(path, { 'Accept-Encoding': 'gzip;q=0.5, br' })
  expect(br.headers['content-encoding']).toBe('br')
  expect(brotliDecompressSync(br.body)).toEqual(plain.body)
  const gzip = await get(path, { 'Accept-Encoding': 'br;q=0, gzip' })
  expect(gunzipSync(gzip.body)).toEqual(plain.body)
  const neither = await get(path, { 'Accept-Encoding': 'br;q=0, gzip;q=0.0' })
  expect(neither.headers['content-encoding']).toBeUndefined()
  const head = await get(path, {}, 'HEAD')
  expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
    200,
    String(plain.body.length),
    0,
  ])
  const again = await get(path, { 'If-None-Match': String(plain.headers['etag']) })
  expect([again.status, again.headers['cache-control']]).toEqual([
    304,
    plain.headers['cache-control'],
  ])
  expect((await get(path, {}, 'POST')).status).toBe(405)
})

test('the guard and its worker are served like the script, and the worker cannot make requests', async ({
  startServer,
}) => {
  const { url, server } = await startServer()
  const versioned = `/v/${server.status().version}/guard`
  const policy = "default-src 'none'; script-src 'wasm-unsafe-eval'"
  for (const [name, expectedPolicy] of [
    ['buddy-guard.js', undefined],
    ['buddy-guard-worker.js', policy],
  ] as const) {
    const shortLived = await get(`${url}/${name}`)
    const immutable = await get(`${url}${versioned}/${name}`)
    expect(immutable.body).toEqual(shortLived.body)
    for (const { status, headers } of [shortLived, immutable]) {
      expect(status).toBe(200)
      expect(headers['content-security-policy']).toBe(expectedPolicy)
      expect(headers).toMatchObject({
        'content-type': 'text/javascript; charset=utf-8',
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
      })
    }
    expect(shortLived.headers['cache-control']).toMatch(/^public, max-age=300, /)
    expect(immutable.headers['cache-control']).toMatch(/immutable$/)
    // The numbers of the model do not become smaller by brotli.
    const compressed = await get(`${url}/${name}`, { 'Accept-Encoding': 'gzip' })
    expect(gunzipSync(compressed.body)).toEqual(shortLived.body)
  }
})

test('below /v/, another version and another file get a named error that caches do not keep', async ({
  startServer,
}) => {
  const { url, server } = await startServer()
  const own = server.status().version
  for (const [path, error] of [
    ['/v/99.0.0/buddy-chat.js', 'unknown-version'],
    ['/v/', 'unknown-version'],
    ['/v//buddy-chat.js', 'unknown-version'],
    ['/v/__proto__/buddy-chat.js', 'unknown-version'],
    [`/v/${own}`, 'unknown-version'],
    [`/v/${own}/`, 'not-found'],
    [`/v/${own}/other.js`, 'not-found'],
    [`/v/${own}/buddy-chat.js.br`, 'not-found'],
    [`/v/${own}/..%2Findex.html`, 'not-found'],
  ] as const) {
    const { status, headers, body } = await get(url + path)
    expect([path, status, JSON.parse(body.toString()).error]).toEqual([path, 404, error])
    expect(headers['cache-control']).toBe('no-store')
  }
  const { body } = await get(`${url}/v/99.0.0/buddy-chat.js`)
  expect(body.toString()).toContain(`/v/${own}/buddy-chat.js`)
})

test('answers HEAD without a body, and other methods and unknown paths with a named error', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const head = await get(`${url}/buddy-chat.js`, {}, 'HEAD')
  expect(head.status).toBe(200)
  expect(Number(head.headers['content-length'])).toBeGreaterThan(10_000)
  expect(head.body).toHaveLength(0)
  const post = await get(`${url}/status`, {}, 'POST')
  expect([post.status, post.headers['allow']]).toEqual([405, 'GET, HEAD'])
  const ws = await get(`${url}/ws`)
  expect([ws.status, JSON.parse(ws.body.toString()).error]).toEqual([426, 'upgrade-required'])
  for (const path of ['/nothing', '/../package.json', '/constructor', '/buddy-chat.js/']) {
    const { status, body } = await get(url + path)
    expect([status, JSON.parse(body.toString()).error]).toEqual([404, 'not-found'])
  }
})
