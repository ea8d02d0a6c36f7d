import { describe, expect, test } from 'vitest'
import { get, hello, kinds, received, startServer } from './http-exchange.fixture.ts'
import { RequestBody } from './request-body.ts'
import type { HttpResponse } from './transport.ts'

/** The bytes of a POST request with these lines as its headers, and this body. */
const post = (headers: string, body = '', path = '/a'): string =>
  `POST ${path} HTTP/1.1\r\nHost: here\r\n${headers}\r\n\r\n${body}`

const withLength = (length: number, body: string, path?: string): string =>
  post(`Content-Length: ${length}`, body, path)

const inChunks = (...chunks: readonly string[]): string =>
  [...chunks, ''].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')

const echo = (body: Uint8Array | undefined): HttpResponse => ({
  status: 200,
  headers: {},
  body: body ? `[${body.length}] ${new TextDecoder().decode(body.subarray(0, 40))}` : 'no body',
})

const echoServer = (kind: (typeof kinds)[number]) =>
  startServer(
    kind,
    (_request, body) => echo(body),
    ({ path }) => path !== '/dropped',
  )

/** Sends one request in parts, and resolves with the body of the answer. */
async function answerTo(
  server: Awaited<ReturnType<typeof startServer>>,
  ...parts: readonly string[]
): Promise<string> {
  const socket = await server.connect()
  for (const part of parts) {
    socket.write(part)
    await server.settled()
  }
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).resume()
  const [, length = ''] = await expect
    .poll(() => /content-length: (\d+)\r\n/i.exec(text))
    .not.toBeNull()
    .then(() => /content-length: (\d+)\r\n/i.exec(text) ?? [])
  const start = text.indexOf('\r\n\r\n') + 4
  await expect.poll(() => text.length).toBe(start + Number(length))
  return text.slice(start)
}

describe.each([kinds[0], kinds[2]])('%s', (kind) => {
  test.each([
    ['with a length', [withLength(5, 'hello')], '[5] hello'],
    ['with a length, in parts', [withLength(11, 'hel'), 'lo wo', 'rld'], '[11] hello world'],
    ['of no bytes, in chunks', [post('Transfer-Encoding: chunked', inChunks())], '[0] '],
    [
      'in chunks, and in parts',
      [post('Transfer-Encoding: chunked', '3\r\nhel'), '\r\n2\r\nlo\r\n0\r\n\r\n'],
      '[5] hello',
    ],
    [
      'of the maximum length',
      [withLength(16_384, 'x'.repeat(16_384))],
      `[16384] ${'x'.repeat(40)}`,
    ],
    ['that is not kept', [withLength(5, 'hello', '/dropped')], 'no body'],
    ['of length zero', [withLength(0, '')], '[0] '],
  ])('passes on a body %s', async (_what, parts, expected) => {
    expect(await answerTo(await echoServer(kind), ...parts)).toBe(expected)
  })

  test.each([
    ['with a length', withLength(16_385, 'x'.repeat(16_385))],
    [
      'in chunks',
      post('Transfer-Encoding: chunked', inChunks('x'.repeat(16_000), 'y'.repeat(385))),
    ],
  ])('drops a body %s that is a byte too long, and answers', async (_how, bytes) => {
    expect(await answerTo(await echoServer(kind), bytes)).toBe('no body')
  })

  test.each([
    ['a length', 'Content-Length: 1000000000', 'x'.repeat(70_000)],
    ['chunks', 'Transfer-Encoding: chunked', inChunks('x'.repeat(70_000)).slice(0, -5)],
  ])('disconnects a client that sends far too much, with %s', async (_how, header, body) => {
    const { asked, done, connect } = await echoServer(kind)
    const socket = await connect()
    socket.write(post(header, body))
    expect(await received(socket)).toBe('')
    expect({ asked, done }).toEqual({ asked: [], done: [] })
  })

  test.each([
    ['negative', 'Content-Length: -1'],
    ['of letters', 'Content-Length: many'],
    ['beyond every integer', `Content-Length: ${'9'.repeat(40)}`],
    ['twice, with different values', 'Content-Length: 1\r\nContent-Length: 5'],
    ['beside chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
  ])('takes no body from a request whose length is %s', async (_what, header) => {
    const { asked, connect, settled } = await echoServer(kind)
    const socket = await connect()
    socket.write(post(header, inChunks('hello')))
    await settled()
    socket.end()
    const answer = await received(socket)
    expect(answer).not.toContain('hello')
    expect(answer).not.toContain(' 200 ')
    expect(asked).toEqual([])
  })

  test('reads the bytes after the length as a second request, and answers neither', async () => {
    const { asked, connect } = await echoServer(kind)
    const socket = await connect()
    socket.write(withLength(3, `hel${get('/smuggled')}`))
    expect(await received(socket)).toBe('')
    expect(asked).toEqual([])
  })

  test('keeps the connection for the next request, whose body is its own', async () => {
    const bodies: string[] = []
    const { connect, handled } = await startServer(
      kind,
      (_request, body) => {
        bodies.push(new TextDecoder().decode(body))
        return hello
      },
      () => true,
    )
    const socket = await connect()
    socket.resume()
    for (const [path, bytes] of [
      ['/first', withLength(5, 'first', '/first')],
      ['/none', get('/none')],
      ['/third', withLength(3, 'the', '/third')],
    ] as const) {
      socket.write(bytes)
      await handled(path)
      await new Promise((resolve) => socket.once('data', resolve))
    }
    expect(bodies).toEqual(['first', '', 'the'])
  })

  test('ends the exchange of a client that disconnects in the middle of a body', async () => {
    const { asked, connect, settled, timers, errors } = await echoServer(kind)
    const socket = await connect()
    socket.write(withLength(10, 'hello'))
    await settled()
    expect(timers()).toBe(1)
    socket.destroy()
    await expect.poll(timers).toBe(0)
    expect({ asked, errors }).toEqual({ asked: [], errors: [] })
  })

  test('disconnects a client whose body does not arrive within the time limit', async () => {
    const { asked, connect, settled, fireTimers } = await echoServer(kind)
    const socket = await connect()
    socket.write(withLength(10, 'hello'))
    await settled()
    fireTimers()
    expect(await received(socket)).toBe('')
    expect(asked).toEqual([])
  })

  test('answers other clients while the bodies of many do not arrive', async () => {
    const server = await echoServer(kind)
    for (let count = 0; count < 50; count++) {
      const socket = await server.connect()
      socket.write(withLength(16_000, 'x'.repeat(count)))
    }
    expect(await answerTo(server, withLength(5, 'hello'))).toBe('[5] hello')
    expect(server.asked).toEqual(['/a'])
  })

  test('drops the body if the function that decides about it throws', async () => {
    const error = new Error('cannot decide')
    const server = await startServer(
      kind,
      (_request, body) => echo(body),
      () => {
        throw error
      },
    )
    expect(await answerTo(server, withLength(5, 'hello'))).toBe('no body')
    expect(server.errors).toEqual([error])
  })
})

test.each([true, false])('ends a body of more than 256 parts (kept: %s)', (isKept) => {
  const body = new RequestBody(isKept)
  for (let count = 0; count < 256; count++) {
    expect(body.add(new Uint8Array([count]).buffer)).toBe(true)
  }
  expect(body.bytes).toEqual(
    isKept ? Uint8Array.from({ length: 256 }, (_, count) => count) : undefined,
  )
  expect(body.add(new ArrayBuffer(1))).toBe(false)
})

test('keeps a body of many parts in one buffer', () => {
  const body = new RequestBody(true)
  for (let count = 0; count < 100; count++) body.add(new ArrayBuffer(100))
  expect(body.bytes).toHaveLength(10_000)
  expect(body.bytes?.buffer.byteLength).toBe(16_384)
})

test('keeps nothing of a body that is dropped or too long', () => {
  for (const isKept of [true, false]) {
    const body = new RequestBody(isKept)
    const lengths = isKept ? [16_384, 1, 49_151] : [16_384]
    for (const length of lengths) expect(body.add(new ArrayBuffer(length))).toBe(true)
    expect(body.bytes).toBeUndefined()
    expect(body.add(new ArrayBuffer(1))).toBe(false)
  }
})
