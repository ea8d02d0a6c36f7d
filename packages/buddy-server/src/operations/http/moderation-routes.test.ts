import { describe, expect, test } from 'vitest'
import type { Decision, Moderation } from '../../safety/moderation.ts'
import { ModerationError } from '../../safety/moderation.ts'
import type { HttpRequest, HttpResponse } from '../../transport/transport.ts'
import { AdminAccess } from './admin-access.ts'
import { createModerationRoutes } from './moderation-routes.ts'

const token = 'the-token-of-these-tests-which-is-long'
const still = new Uint8Array([0xff, 0xd8, 0xff, 0xd9])

interface Call {
  readonly method: keyof Moderation
  readonly parameters: readonly unknown[]
}

/** A moderation that records calls. It knows the person `known`, the ban `known` and a still of `known`. */
function recordingModeration(calls: Call[], entries: number): Moderation {
  const record =
    <T>(method: keyof Moderation, result: T) =>
    (...parameters: readonly unknown[]): T => {
      calls.push({ method, parameters })
      return result
    }
  const decision = { id: 'decision' } as unknown as Decision
  return {
    reports: record('reports', []),
    decide: async (personId, ...rest) => {
      if (personId !== 'known') throw new ModerationError('unknown-person', 'no such person')
      if (rest[1] === 'nobody') throw new ModerationError('invalid-decision', 'no such operator')
      return record('decide', decision)(personId, ...rest)
    },
    bans: record('bans', []),
    lift: async (banId, by) => {
      if (banId !== 'known') throw new ModerationError('unknown-ban', 'no such ban')
      return record('lift', decision)(banId, by)
    },
    decisions: record('decisions', []),
    still: (reportId) => (reportId === 'known' ? still : undefined),
    verifyAudit: record(
      'verifyAudit',
      Promise.resolve({ isIntact: true as const, entries: 2, head: 'ab' }),
    ),
    async *exportAudit(after) {
      calls.push({ method: 'exportAudit', parameters: [after] })
      for (let number = 1; number <= entries; number++) yield JSON.stringify({ number })
    },
  }
}

function createFixture(isPersistent = true, entries = 2) {
  const calls: Call[] = []
  const access = new AdminAccess({
    adminToken: () => token,
    addressKeyOf: () => '192.0.2.1',
    now: () => 0,
  })
  const { reads, changes, refuseChange } = createModerationRoutes({
    moderation: recordingModeration(calls, entries),
    isPersistent: () => isPersistent,
    siteKeys: () => ['', 'chess'],
    access: (request) => access.check(request),
    hasAdminToken: () => true,
  })
  const request = (path: string, headers: Readonly<Record<string, string>>): HttpRequest => {
    const [bare = '', query = ''] = path.split('?')
    return { path: bare, query, header: (name: string) => headers[name] ?? '' } as HttpRequest
  }
  const get = async (path: string, authorization = `Bearer ${token}`) => {
    const asked = request(path, { authorization })
    return reads[asked.path]!(asked)
  }
  const post = async (
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpResponse> => {
    const asked = request(path, {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...headers,
    })
    const bytes = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
    return refuseChange(asked) ?? changes[path]!(asked, bytes)
  }
  const postNothing = (path: string): Promise<HttpResponse> =>
    changes[path]!(request(path, {}), undefined)
  return { calls, get, post, postNothing }
}

const errorIn = ({ status, body }: HttpResponse): readonly [number, string] => [
  status,
  (JSON.parse(String(body)) as { error: string }).error,
]

const asOperator = (name: string): string => `Basic ${btoa(`${name}:${token}`)}`

describe('reads', () => {
  test.each([
    ['/moderation/reports', { limit: 50 }],
    ['/moderation/reports?site=', { site: '', limit: 50 }],
    [
      '/moderation/reports?site=chess&state=decided&limit=200&before=17-9',
      { site: 'chess', state: 'decided', limit: 200, before: '17-9' },
    ],
    ['/moderation/bans', { limit: 200 }],
    [
      '/moderation/bans?site=chess&limit=9&before=17-a_b-c',
      { site: 'chess', limit: 9, before: '17-a_b-c' },
    ],
    ['/moderation/decisions', { limit: 100 }],
    ['/moderation/decisions?limit=1&before=7', { limit: 1, before: 7 }],
  ])('%s passes on the query %o', async (path, query) => {
    const { get, calls } = createFixture()
    const { status, headers } = await get(path)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'Cache-Control': 'no-store',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
    })
    expect(headers).not.toHaveProperty('Access-Control-Allow-Origin')
    expect(calls.map(({ parameters }) => parameters)).toEqual([[query]])
  })

  test.each([
    ['/moderation/reports?limit=0'],
    ['/moderation/reports?limit=201'],
    ['/moderation/reports?limit=1.5'],
    ['/moderation/reports?limit='],
    ['/moderation/reports?limit=1e2'],
    ['/moderation/reports?state=all'],
    ['/moderation/reports?before=-1'],
    ['/moderation/reports?before=1700000000000'],
    ['/moderation/reports?before=99999999999999999999'],
    ['/moderation/reports?limit=1&limit=2'],
    ['/moderation/reports?page=2'],
    ['/moderation/reports?__proto__=x'],
    ['/moderation/decisions?limit=1001'],
    ['/moderation/bans?limit=1001'],
    ['/moderation/bans?before=17'],
    ['/moderation/audit?after=x'],
    ['/moderation/audit?verify'],
    ['/moderation/still'],
    ['/moderation/still?report='],
    [`/moderation/still?report=${'x'.repeat(201)}`],
  ])('%s is refused with `invalid-query`', async (path) => {
    const { get, calls } = createFixture()
    expect(errorIn(await get(path))).toEqual([400, 'invalid-query'])
    expect(calls).toEqual([])
  })

  test('names the operator as the login dialog does, or `operator`', async () => {
    const { get } = createFixture(false)
    const operatorOf = async (authorization?: string): Promise<unknown> =>
      (JSON.parse(String((await get('/moderation/reports', authorization)).body)) as object)[
        'operator' as never
      ]
    expect(await operatorOf()).toBe('operator')
    expect(await operatorOf(asOperator('ada'))).toBe('ada')
    expect(await operatorOf(asOperator('  '))).toBe('operator')
    expect(await operatorOf(asOperator('x'.repeat(99)))).toBe('x'.repeat(64))
    const { body } = await get('/moderation/reports')
    expect(JSON.parse(String(body))).toMatchObject({
      isPersistent: false,
      nextBefore: null,
      sites: ['', 'chess'],
      groups: [],
    })
  })

  test('a still is an image that runs nothing, and no cache or other page can keep or display it', async () => {
    const { get } = createFixture()
    const { status, headers, body } = await get('/moderation/still?report=known')
    expect(status).toBe(200)
    expect(headers).toEqual({
      'Content-Type': 'image/jpeg',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    })
    expect(body).toEqual(still)
    expect(errorIn(await get('/moderation/still?report=other'))).toEqual([404, 'unknown-still'])
  })

  test('one answer has at most 10,000 entries of the audit log', async () => {
    const { get, calls } = createFixture(true, 10_001)
    const { body } = await get('/moderation/audit?after=7')
    expect(String(body).trimEnd().split('\n')).toHaveLength(10_000)
    expect(calls).toEqual([{ method: 'exportAudit', parameters: [7] }])
  })

  test('the audit log is a file with one JSON object in each line', async () => {
    const { get } = createFixture()
    const { headers, body } = await get('/moderation/audit')
    expect(headers['Content-Type']).toBe('application/x-ndjson; charset=utf-8')
    expect(headers['Content-Disposition']).toBe('attachment; filename="audit.jsonl"')
    expect(body).toBe('{"number":1}\n{"number":2}\n')
    const verdict = await get('/moderation/audit/verdict')
    expect(JSON.parse(String(verdict.body))).toEqual({ isIntact: true, entries: 2, head: 'ab' })
  })

  test.each([
    '/moderation/reports',
    '/moderation/bans',
    '/moderation/decisions',
    '/moderation/audit',
    '/moderation/audit/verdict',
    '/moderation/still?report=known',
  ])('%s needs the admin token', async (path) => {
    const { get, calls } = createFixture()
    expect(errorIn(await get(path, ''))).toEqual([401, 'unauthorized'])
    expect(errorIn(await get(path, 'Bearer wrong'))).toEqual([401, 'unauthorized'])
    expect(calls).toEqual([])
  })
})

const ban = { personId: 'known', kind: 'ban', reason: 'nudity', durationMs: 3_600_000 }

describe('changes', () => {
  test.each([
    [ban, { kind: 'ban', reason: 'nudity', durationMs: 3_600_000 }],
    [
      { ...ban, durationMs: null },
      { kind: 'ban', reason: 'nudity', durationMs: null },
    ],
    [
      { ...ban, kind: 'slow', note: 'Please stop.' },
      { kind: 'slow', reason: 'nudity', durationMs: 3_600_000, note: 'Please stop.' },
    ],
    [
      { personId: 'known', kind: 'warn', reason: 'threats' },
      { kind: 'warn', reason: 'threats', durationMs: null },
    ],
    [
      { personId: 'known', kind: 'dismiss', reason: 'other', durationMs: null },
      { kind: 'dismiss', reason: 'other', durationMs: null },
    ],
  ])('decides %o', async (body, expected) => {
    const { post, calls } = createFixture()
    const { status, body: answer } = await post('/moderation/decide', body)
    expect([status, JSON.parse(String(answer))]).toEqual([200, { decision: { id: 'decision' } }])
    expect(calls).toEqual([{ method: 'decide', parameters: ['known', expected, 'operator'] }])
  })

  test.each<[string, unknown]>([
    ['no person', { ...ban, personId: undefined }],
    ['an empty person', { ...ban, personId: '' }],
    ['a person that is a list', { ...ban, personId: ['known'] }],
    ['an unknown kind', { ...ban, kind: 'delete' }],
    ['lift as a kind', { ...ban, kind: 'lift' }],
    ['an unknown reason', { ...ban, reason: 'ugly' }],
    ['a reason that objects inherit', { ...ban, reason: 'constructor' }],
    ['a ban without a duration', { ...ban, durationMs: undefined }],
    ['a negative duration', { ...ban, durationMs: -1 }],
    ['a duration beyond ten years', { ...ban, durationMs: 3650 * 86_400_000 + 1 }],
    ['a duration of no time', { ...ban, durationMs: 0 }],
    ['a duration that is a text', { ...ban, durationMs: '3600000' }],
    ['a duration beyond every integer', { ...ban, durationMs: 1e300 }],
    ['a duration for a warning', { ...ban, kind: 'warn' }],
    ['a note that is a number', { ...ban, note: 1 }],
    ['an unknown field', { ...ban, duration: '1h' }],
    ['a list', [ban]],
    ['null', null],
    ['a text', '"known"'],
  ])('refuses %s with `invalid-field`', async (_what, body) => {
    const { post, calls } = createFixture()
    expect(errorIn(await post('/moderation/decide', body))).toEqual([400, 'invalid-field'])
    expect(calls).toEqual([])
  })

  test('names the wrong field', async () => {
    const { post } = createFixture()
    const { body } = await post('/moderation/decide', { ...ban, durationMs: -1 })
    expect(JSON.parse(String(body))).toMatchObject({
      message: expect.stringMatching(/^durationMs: /),
    })
  })

  test.each<[string, string]>([
    ['no body', ''],
    ['a body that ends early', '{"personId":"known"'],
    ['a form', 'personId=known&kind=ban'],
  ])('refuses %s with `invalid-json`', async (_what, body) => {
    const { post } = createFixture()
    expect(errorIn(await post('/moderation/decide', body))).toEqual([400, 'invalid-json'])
  })

  test('refuses a body that was too long with `body-too-large`', async () => {
    const { postNothing } = createFixture()
    expect(errorIn(await postNothing('/moderation/decide'))).toEqual([413, 'body-too-large'])
  })

  test('lifts a ban', async () => {
    const { post, calls } = createFixture()
    expect((await post('/moderation/lift', { banId: 'known' })).status).toBe(200)
    expect(calls).toEqual([{ method: 'lift', parameters: ['known', 'operator'] }])
    expect(errorIn(await post('/moderation/lift', { banId: 'known', all: true }))).toEqual([
      400,
      'invalid-field',
    ])
  })

  test('passes on the errors of the moderation by name', async () => {
    const { post } = createFixture()
    expect(errorIn(await post('/moderation/decide', { ...ban, personId: 'x' }))).toEqual([
      404,
      'unknown-person',
    ])
    expect(errorIn(await post('/moderation/lift', { banId: 'x' }))).toEqual([404, 'unknown-ban'])
    expect(errorIn(await post('/moderation/decide', { ...ban, by: 'nobody' }))).toEqual([
      400,
      'invalid-decision',
    ])
  })

  test('records who decided: the field `by`, otherwise the name of the login', async () => {
    const { post, calls } = createFixture()
    const headers = { authorization: asOperator('ada'), 'sec-fetch-site': 'same-origin' }
    await post('/moderation/decide', ban, headers)
    await post('/moderation/decide', { ...ban, by: 'grace' }, headers)
    await post('/moderation/lift', { banId: 'known', by: 'é'.repeat(40) }, headers)
    expect(calls.map(({ parameters }) => parameters.at(-1))).toEqual([
      'ada',
      'grace',
      'é'.repeat(32),
    ])
  })

  test.each<[string, Readonly<Record<string, string>>, readonly [number, string]]>([
    ['another page', { 'sec-fetch-site': 'cross-site' }, [403, 'cross-origin']],
    ['a form', { 'content-type': 'text/plain' }, [415, 'json-required']],
    ['no token', { authorization: '', 'sec-fetch-site': 'same-origin' }, [401, 'unauthorized']],
    ['a wrong token', { authorization: 'Bearer wrong' }, [401, 'unauthorized']],
    ['Basic without a page', { authorization: asOperator('ada') }, [403, 'bearer-required']],
  ])('refuses %s', async (_what, headers, expected) => {
    const { post, calls } = createFixture()
    expect(errorIn(await post('/moderation/decide', ban, headers))).toEqual(expected)
    expect(errorIn(await post('/moderation/lift', { banId: 'known' }, headers))).toEqual(expected)
    expect(calls).toEqual([])
  })

  test('refuses the right token after twenty wrong ones, which another page cannot use up', async () => {
    const { post } = createFixture()
    const wrong = { authorization: 'Bearer wrong' }
    for (let count = 0; count < 30; count++) {
      expect(
        errorIn(
          await post('/moderation/decide', ban, { ...wrong, 'sec-fetch-site': 'cross-site' }),
        ),
      ).toEqual([403, 'cross-origin'])
    }
    for (let count = 0; count < 20; count++) {
      expect((await post('/moderation/decide', ban, wrong)).status).toBe(401)
    }
    expect(errorIn(await post('/moderation/decide', ban))).toEqual([429, 'too-many-attempts'])
  })
})
