import { describe, expect, test } from 'vitest'
import { closed, get, hello, kinds, received, startServer } from './http-exchange.fixture.ts'
import type { HttpResponse } from './transport.ts'

/**
 * The size of an answer that is larger than the kernel's buffers, so that the socket cannot take all of it
 * while the client does not read.
 */
const large: HttpResponse = { ...hello, body: new Uint8Array(32_000_000) }

describe.each(kinds)('%s', (kind) => {
  test('disconnects a client that pipelines requests, and answers none of them', async () => {
    const { asked, connect, settled } = await startServer(kind)
    const socket = await connect()
    socket.write(get('/a').repeat(10_000))
    await closed(socket)
    await settled()
    expect(asked).toEqual([])
  })

  test('keeps one answer for a client that does not read, however many requests it sends', async () => {
    const { asked, done, connect, handled, settled } = await startServer(kind, () => large)
    const socket = await connect()
    socket.write(get('/large'))
    await handled('/large')
    await settled()
    expect(done).toEqual([])
    socket.write(get('/other'))
    await settled()
    await expect.poll(() => done).toEqual(['/large'])
    expect(asked).toEqual(['/large'])
  })

  test('sends the whole of an answer that the socket takes in parts, and keeps the connection', async () => {
    const { done, connect } = await startServer(kind, ({ path }) =>
      path === '/large' ? large : hello,
    )
    const socket = await connect()
    socket.write(get('/large'))
    let bytes = 0
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > large.body.length) resolve()
      })
      socket.resume()
    })
    socket.write(get('/small'))
    await expect.poll(() => done).toEqual(['/large', '/small'])
  })

  test('disconnects a client that does not read the answer within the time limit', async () => {
    const { done, connect, handled, settled, fireTimers } = await startServer(kind, () => large)
    const socket = await connect()
    socket.write(get('/large'))
    await handled('/large')
    await settled()
    fireTimers()
    expect(done).toEqual(['/large'])
    await closed(socket)
  })

  test('disconnects the client if the handler does not answer within the time limit', async () => {
    let resolve: (late: HttpResponse) => void = () => undefined
    const promise = new Promise<HttpResponse>((settle) => (resolve = settle))
    const { done, errors, connect, handled, settled, fireTimers } = await startServer(
      kind,
      () => promise,
    )
    const socket = await connect()
    socket.write(get('/slow'))
    await handled('/slow')
    await settled()
    fireTimers()
    await closed(socket)
    resolve(hello)
    await promise
    await settled()
    expect({ done, errors }).toEqual({ done: ['/slow'], errors: [] })
  })

  test('cancels the time limit when the answer has been sent', async () => {
    const { connect, handled, settled, fireTimers } = await startServer(kind)
    const socket = await connect()
    socket.write(get('/a'))
    await handled('/a')
    await settled()
    fireTimers()
    socket.write(get('/b'))
    await handled('/b')
  })

  test('opens no WebSocket for a handshake that is pipelined behind another request', async () => {
    const { opened, connect, settled } = await startServer(kind)
    const socket = await connect()
    const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='
    const upgrade = get(
      '/ws',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      key,
    )
    socket.write(get('/a') + upgrade)
    await closed(socket)
    await settled()
    expect(opened()).toBe(0)
  })

  test('drops a short request body, and answers after it has arrived', async () => {
    const { asked, connect, settled } = await startServer(kind, () => ({
      ...hello,
      headers: { Connection: 'close' },
    }))
    const socket = await connect()
    socket.write('POST /a HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n12345')
    await settled()
    expect(asked).toEqual([])
    socket.write('67890')
    await new Promise((resolve) => socket.resume().once('data', resolve))
    expect(asked).toEqual(['/a'])
  })

  test.each([
    ['with a length', 'Content-Length: 1000000000', 'x'.repeat(20_000)],
    ['in chunks', 'Transfer-Encoding: chunked', `4e20\r\n${'x'.repeat(20_000)}\r\n`],
  ])('disconnects a client whose request body is too long (%s)', async (_how, header, body) => {
    const { asked, connect } = await startServer(kind)
    const socket = await connect()
    socket.write(`POST /a HTTP/1.1\r\nHost: here\r\n${header}\r\n\r\n${body}`)
    socket.resume()
    await expect.poll(() => socket.closed).toBe(true)
    expect(asked).toEqual([])
  })

  test('disconnects a client whose request body does not arrive within the time limit', async () => {
    const { asked, connect, settled, fireTimers } = await startServer(kind)
    const socket = await connect()
    socket.write('POST /a HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n12345')
    await settled()
    fireTimers()
    expect(await received(socket)).toBe('')
    expect(asked).toEqual([])
  })

  test('closes the connection if the handler returns no answer', async () => {
    const { done, connect } = await startServer(kind, () => undefined)
    const socket = await connect()
    socket.write(get('/a'))
    expect(await received(socket)).toBe('')
    expect(done).toEqual(['/a'])
  })
})
