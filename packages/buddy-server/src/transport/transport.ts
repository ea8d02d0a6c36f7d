import type { Clock } from '../clock.ts'
import type { TlsFiles } from './tls-files.ts'

/** The request of a client to open a WebSocket. */
export interface Upgrade {
  /** The origin of the client's page, as the browser sends it. Undefined for programs. */
  readonly origin: string | undefined
  /** The `Host` header: the name by which the client, or a proxy, reached this server. Empty if absent. */
  readonly host: string
  /** The WebSocket subprotocols that the client offers, in order. */
  readonly protocols: readonly string[]
  /** The address of the other end of the TCP connection. */
  readonly remoteAddress: string
  /** All values of the `X-Forwarded-For` header, joined with commas. Any client can forge them. */
  readonly forwardedFor: string
}

/** One WebSocket. Every method may be called at any time. After the end of the connection it does nothing. */
export interface Connection {
  readonly upgrade: Upgrade
  /**
   * Queues a binary frame. All frames that are queued for a connection in one turn of the event loop are
   * sent together, in order. The frame must not change afterwards.
   */
  send(frame: Uint8Array): void
  /**
   * Sends the queued frames, then a close frame. If the client has not sent anything yet, the close frame
   * waits for its first frame, for half a second at most.
   */
  close(code: number, reason: string): void
  /**
   * Queues a WebSocket ping behind the frames that are queued already. Every browser answers a ping by
   * itself, with a pong of the same payload.
   * @param payload at most 125 bytes (RFC 6455 §5.5)
   * @default payload empty
   * @throws RangeError if the payload is longer
   */
  ping(payload?: Uint8Array): void
  /** Ends the connection immediately, without a close frame. */
  terminate(): void
}

/** The events of one connection. After `close` or `terminate` only `onClose` is called. */
export interface ConnectionEvents {
  /** Called for each frame. `bytes` are valid only during the call. */
  onFrame(bytes: Uint8Array, isBinary: boolean): void
  /** Called when the client has sent a ping. The transport has answered it already. */
  onPing(): void
  /**
   * Called when the client has sent a pong: the answer to a ping, whose `payload` it repeats, or an
   * unsolicited one (RFC 6455 §5.5.3). The payload is valid only during the call.
   */
  onPong(payload: Uint8Array): void
  /** Called when the client reads too slowly: more than `maxBacklogBytes` wait to be sent. */
  onBacklog(): void
  /** Called once, as the last event. `code` is 1006 if no close frame came. */
  onClose(code: number): void
}

/** One HTTP request, without its body, which is dropped. It stays readable after the handler returns. */
export interface HttpRequest {
  /** In upper case. */
  readonly method: string
  /** The path, without the query. */
  readonly path: string
  /** The query after the `?`, not decoded. Empty if there is none. */
  readonly query: string
  /** The address of the other end of the TCP connection. */
  readonly remoteAddress: string
  /** All values of the `X-Forwarded-For` header, joined with commas. Any client can forge them. */
  readonly forwardedFor: string
  /** All values of a header, by its lower-case name, joined with commas. Empty if absent. */
  header(name: string): string
  /** Calls back once, when the answer has been sent or the connection has ended. */
  onDone(callback: () => void): void
}

/**
 * One HTTP response. It has a body for `HEAD` requests too: the transport leaves the body out. The
 * connection ends after an answer to `HEAD` and after status 304.
 */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** The functions that a transport calls. */
export interface TransportHandlers {
  /**
   * Returns the answer to a request. Undefined closes the connection without an answer. While a promise
   * is pending, the client waits; if the client disconnects, the answer is dropped. A connection has one
   * request at a time: a client that sends another request before the answer is disconnected.
   */
  onRequest(request: HttpRequest): HttpResponse | undefined | Promise<HttpResponse | undefined>
  /** Called when a connection has opened. Returns the handlers of its events. */
  onConnection(connection: Connection): ConnectionEvents
  /**
   * Called when a handler has thrown, or its promise was rejected. The transport terminates that
   * connection, or answers that HTTP request with status 500. Other connections are not affected.
   */
  onError(error: unknown): void
  /** Called with the number of open TCP connections: WebSockets, HTTP, and those without a request yet. */
  onSockets?(count: number): void
}

/** The options of a transport. */
export interface TransportOptions {
  readonly clock: Pick<Clock, 'after'>
  /**
   * An HTTP client that has not received its whole answer in this time is disconnected.
   * @default 60,000
   */
  readonly answerTimeoutMs?: number
  /** Every live client sends something at least once in this time. */
  readonly silentAfterMs: number
  /**
   * The maximum number of TCP connections. Each further one is closed as soon as it is accepted.
   * @default no limit
   */
  readonly maxSockets?: () => number
  /** A frame longer than this ends the connection before the frame is read. */
  readonly maxFrameBytes: number
  /** See {@link ConnectionEvents.onBacklog}. */
  readonly maxBacklogBytes: number
  /**
   * Uses HTTPS and WSS with this certificate.
   * @default HTTP and WS
   */
  readonly tls?: TlsFiles
}

/** A listening socket and its connections. */
export interface Transport {
  /**
   * Starts listening. Port 0 chooses a free port.
   * @returns the port
   * @throws TlsError if the certificate or its key cannot be used
   * @throws Error with `code: 'EADDRINUSE'` if the port is in use or not allowed
   * @throws Error if the transport listens already, or is closed
   */
  listen(host: string, port: number): Promise<number>
  /**
   * Reads the certificate and its key again. Later handshakes get the new certificate. Open connections
   * keep the old one, and no connection is refused in between. Does nothing if the files have not
   * changed, without TLS, and before `listen`.
   * @throws TlsError if the new files cannot be used. The old certificate stays in use.
   */
  reloadTls(): void
  /** Stops listening and ends every open connection. The transport cannot be used again. */
  close(): void
}
