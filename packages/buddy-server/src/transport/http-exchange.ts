import type { Cancel, Clock } from '../clock.ts'
import { RequestBody } from './request-body.ts'
import type { HttpRequest, HttpResponse, TransportHandlers } from './transport.ts'

const statusTexts: Readonly<Record<number, string>> = {
  200: 'OK',
  304: 'Not Modified',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

const internalError: HttpResponse = {
  status: 500,
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
  body: '{"error":"internal"}',
}

const encoder = new TextEncoder()
const empty = new Uint8Array()

/** The part of a uWebSockets.js response that an exchange uses. */
interface Response {
  cork(act: () => void): unknown
  writeStatus(status: string): unknown
  writeHeader(name: string, value: string): unknown
  /**
   * Writes as much as the socket takes. Returns whether the socket has taken everything, and whether the
   * response is complete.
   */
  tryEnd(body: Uint8Array, totalBytes: number): readonly [boolean, boolean]
  onWritable(handler: (offset: number) => boolean): unknown
  onAborted(handler: () => void): unknown
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): unknown
  close(): unknown
}

interface HttpExchangeOptions extends Pick<
  TransportHandlers,
  'keepsBody' | 'onRequest' | 'onError'
> {
  readonly clock: Pick<Clock, 'after'>
  /**
   * A client that has not sent the whole body and received the whole answer within this time is disconnected.
   */
  readonly answerTimeoutMs: number
}

/**
 * One HTTP request and its answer. A connection has only one exchange at a time, because uWebSockets.js
 * closes a connection that sends a request while the answer to another is pending. An answer is pending until
 * the socket has taken all of it. Therefore a client that pipelines requests, or does not read, costs the
 * server only one answer. The body of an answer is never copied, except for the part that one system call did
 * not take, which has at most 16 kB and the headers.
 */
export class HttpExchange {
  readonly #response: Response
  readonly #options: HttpExchangeOptions
  readonly #onDone: (() => void)[] = []
  #cancelDeadline: Cancel | undefined
  /** Undefined if the request has no body, and when the exchange is over. */
  #body: RequestBody | undefined
  #isOver = false

  constructor(response: Response, options: HttpExchangeOptions) {
    this.#response = response
    this.#options = options
    response.onAborted(() => this.#end())
  }

  /** Calls `callback` once, when the answer has been sent or the connection has ended. */
  onDone(callback: () => void): void {
    this.#onDone.push(callback)
  }

  /**
   * Answers the request when its whole body has arrived, but not before the next turn of the event loop.
   */
  handle(request: HttpRequest): void {
    const { clock, answerTimeoutMs } = this.#options
    // The answer waits for the next turn of the event loop. Until then, other requests that arrived in the
    // same read are parsed, and end the connection.
    const next = (): void => void setImmediate(() => this.#answer(request))
    if (!hasBody(request)) {
      next()
      return
    }
    if (hasSeveralLengths(request)) {
      this.#close()
      return
    }
    const body = new RequestBody(this.#keepsBody(request))
    this.#body = body
    this.#cancelDeadline = clock.after(answerTimeoutMs, () => this.#close())
    this.#response.onData((chunk, isLast) => {
      if (!body.add(chunk)) this.#close()
      else if (isLast) next()
    })
  }

  #keepsBody(request: HttpRequest): boolean {
    try {
      return this.#options.keepsBody?.(request) ?? false
    } catch (error) {
      // An exception that reaches native code ends the process.
      this.#options.onError(error)
      return false
    }
  }

  #answer(request: HttpRequest): void {
    if (this.#isOver) return
    try {
      const content = this.#options.onRequest(request, this.#body ? this.#body.bytes : empty)
      if (content && 'then' in content) {
        content.then(
          (settled) => this.#send(settled, request),
          (error: unknown) => this.#fail(error, request),
        )
      } else this.#send(content, request)
    } catch (error) {
      this.#fail(error, request)
    }
    if (this.#isOver) return
    const { clock, answerTimeoutMs } = this.#options
    this.#cancelDeadline ??= clock.after(answerTimeoutMs, () => this.#close())
  }

  #fail(error: unknown, request: HttpRequest): void {
    this.#options.onError(error)
    this.#send(internalError, request)
  }

  #send(content: HttpResponse | undefined, { method }: HttpRequest): void {
    if (this.#isOver) return
    try {
      if (!content) this.#close()
      else if (method === 'HEAD' || content.status === 304) this.#sendHead(content)
      else this.#sendAll(content)
    } catch (error) {
      // The connection is closed, because a part of the answer may have been written, so that no error
      // response can follow.
      this.#options.onError(error)
      this.#close()
    }
  }

  /**
   * Sends an answer without a body, then ends the connection. The connection must end, because uWebSockets.js
   * does not report whether the socket has taken such an answer. A client that does not read could otherwise
   * request any number of them.
   */
  #sendHead(content: HttpResponse): void {
    const { length } = bytesOf(content.body)
    let isComplete = false
    this.#response.cork(() => {
      this.#writeHead(content)
      if (!content.headers['Connection']) this.#response.writeHeader('Connection', 'close')
      isComplete = this.#response.tryEnd(empty, length)[1]
    })
    if (isComplete) this.#end()
    else this.#close()
  }

  #sendAll(content: HttpResponse): void {
    const body = bytesOf(content.body)
    let isDone = false
    this.#response.cork(() => {
      this.#writeHead(content)
      isDone = this.#response.tryEnd(body, body.length)[1]
    })
    if (isDone) {
      this.#end()
      return
    }
    this.#response.onWritable((offset) => {
      try {
        const [isTaken, isComplete] = this.#response.tryEnd(body.subarray(offset), body.length)
        if (isComplete) this.#end()
        return isTaken
      } catch (error) {
        this.#options.onError(error)
        this.#close()
        return true
      }
    })
  }

  #writeHead({ status, headers }: HttpResponse): void {
    this.#response.writeStatus(`${status} ${statusTexts[status] ?? ''}`)
    for (const [name, value] of Object.entries(headers)) this.#response.writeHeader(name, value)
  }

  #close(): void {
    // This call results in `onAborted`, which ends the exchange.
    if (!this.#isOver) this.#response.close()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#body = undefined
    this.#cancelDeadline?.()
    for (const callback of this.#onDone) callback()
  }
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? encoder.encode(body) : body
}

function hasBody({ header }: HttpRequest): boolean {
  return header('transfer-encoding') !== '' || !['', '0'].includes(header('content-length'))
}

/**
 * Returns whether the lengths in the headers contradict each other, so that a proxy might see another end of
 * the body (RFC 9112 §6.3). uWebSockets.js would use the first length.
 */
function hasSeveralLengths({ header }: HttpRequest): boolean {
  return header('content-length').includes(',')
}
