import type { Clock } from '../clock.ts'
import type { TlsFiles } from './tls-files.ts'

/** The request of a client to open a WebSocket. */
export interface Upgrade {
  /** The origin of the client's page, as the browser sends it. Undefined for programs. */
  readonly origin: string | undefined
  /**
   * The `Host` header, which contains the name by which the client or a proxy has reached this server. Empty
   * if there is none.
   */
  readonly host: string
  /** The WebSocket subprotocols that the client offers, in its order of preference. */
  readonly protocols: readonly string[]
  /** The address of the other end of the TCP connection. */
  readonly remoteAddress: string
  /** All values of the `X-Forwarded-For` header, joined with commas. Any client can forge them. */
  readonly forwardedFor: string
}

/**
 * One WebSocket. Every method may be called at any time. After the connection has ended, methods do nothing.
 */
export interface Connection {
  readonly upgrade: Upgrade
  /**
   * Queues a binary frame. All frames that are queued for a connection in one turn of the event loop are
   * sent together, in order. The frame must not change afterwards.
   */
  send(frame: Uint8Array): void
  /**
   * Sends the queued frames, then a close frame. If the client has not sent any frame yet, the close frame
   * waits for its first one, but at most half a second.
   */
  close(code: number, reason: string): void
  /**
   * Queues a WebSocket ping behind the frames that are queued already. Every browser answers a ping
   * automatically, by a pong with the same payload.
   * @param payload at most 125 bytes (RFC 6455 §5.5)
   * @default an empty payload
   * @throws RangeError if the payload is longer
   */
  ping(payload?: Uint8Array): void
  /** Ends the connection immediately, without a close frame. */
  terminate(): void
}

/** The events of one connection. After `close` or `terminate`, only `onClose` is called. */
export interface ConnectionEvents {
  /** Called for each frame. `bytes` are valid only during the call. */
  onFrame(bytes: Uint8Array, isBinary: boolean): void
  /** Called when the client has sent a ping, which the transport has answered already. */
  onPing(): void
  /**
   * Called when the client has sent a pong. It either answers a ping and repeats its `payload`, or is
   * unsolicited (RFC 6455 §5.5.3). The payload is valid only during the call.
   */
  onPong(payload: Uint8Array): void
  /** Called when more than `maxBacklogBytes` wait to be sent, because the client reads too slowly. */
  onBacklog(): void
  /** Called once, as the last event. `code` is 1006 if the connection ended without a close frame. */
  onClose(code: number): void
}

/**
 * One HTTP request, without its body. Its fields can still be read after the handler has returned.
 */
export interface HttpRequest {
  /** The method in upper case, such as `GET`. */
  readonly method: string
  /** The path, without the query. */
  readonly path: string
  /** The query after the `?`, not decoded. Empty if there is none. */
  readonly query: string
  /** The address of the other end of the TCP connection. */
  readonly remoteAddress: string
  /** All values of the `X-Forwarded-For` header, joined with commas. Any client can forge them. */
  readonly forwardedFor: string
  /** Returns all values of a header, joined with commas. Empty if there is none. `name` is in lower case. */
  header(name: string): string
  /** Calls `callback` once, when the answer has been sent or the connection has ended. */
  onDone(callback: () => void): void
}

/**
 * One HTTP response. For `HEAD` requests it has a body too, which the transport does not send. The connection
 * ends after an answer to `HEAD` and after status 304.
 */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** The functions that a transport calls. */
export interface TransportHandlers {
  /**
   * Called for a request with a body when its headers have arrived. Returns whether its body is kept for
   * {@link onRequest}. Other bodies are dropped as they arrive, so that they cost no memory.
   * @default every body is dropped
   */
  keepsBody?(request: HttpRequest): boolean
  /**
   * Returns the answer to a request, or a promise of it. Called when the whole body has arrived. If the
   * answer is undefined, the connection is closed without one. If the client disconnects before the promise resolves,
   * the answer is dropped. A client that sends another request before the answer is disconnected, because a connection
   * has only one request at a time.
   * @param body empty if the request has none; undefined if it was dropped, or is longer than 16 kB
   */
  onRequest(
    request: HttpRequest,
    body: Uint8Array | undefined,
  ): HttpResponse | undefined | Promise<HttpResponse | undefined>
  /** Called when a connection has opened. Returns the handlers of its events. */
  onConnection(connection: Connection): ConnectionEvents
  /**
   * Called when a handler has thrown, or its promise was rejected. The transport terminates that
   * connection, or answers that HTTP request with status 500. Other connections are not affected.
   */
  onError(error: unknown): void
  /**
   * Called with the number of open TCP connections when it has changed. It includes WebSockets, HTTP
   * connections, and connections that have not sent a request yet.
   */
  onSockets?(count: number): void
}

/** The options of a transport. */
export interface TransportOptions {
  readonly clock: Pick<Clock, 'after'>
  /**
   * An HTTP client that has not sent its whole body and received its whole answer within this time is
   * disconnected.
   * @default 60,000
   */
  readonly answerTimeoutMs?: number
  /**
   * The longest time in which a live client sends nothing. A client that was silent for longer counts as
   * dead.
   */
  readonly silentAfterMs: number
  /**
   * Returns the maximum number of TCP connections. Each further connection is closed as soon as it is
   * accepted.
   * @default no limit
   */
  readonly maxSockets?: () => number
  /** If a frame is longer than this, the connection ends before the frame is read. */
  readonly maxFrameBytes: number
  /** If more bytes than this wait to be sent, {@link ConnectionEvents.onBacklog} is called. */
  readonly maxBacklogBytes: number
  /** The certificate for HTTPS and WSS. @default none; the transport uses HTTP and WS */
  readonly tls?: TlsFiles
}

/** A listening socket and its connections. */
export interface Transport {
  /**
   * Starts listening. Port 0 chooses a free port.
   * @returns the port
   * @throws TlsError if the certificate or its key cannot be used
   * @throws ListenError if the port is in use or not allowed, or the host is no address of this machine
   * @throws Error if the transport listens already, or is closed
   */
  listen(host: string, port: number): Promise<number>
  /**
   * Does what `listen` does, and stops listening before a client is accepted.
   * @throws TlsError, ListenError as `listen`
   */
  check(host: string, port: number): Promise<void>
  /**
   * Checks the certificate and its key as `listen` does, without listening.
   * @throws TlsError
   */
  checkTls(): void
  /**
   * Reads the certificate and its key again. Later handshakes get the new certificate. Open connections keep
   * the old one. No connection is refused during the change. Does nothing if the files have not changed, if
   * the transport does not use TLS, or before `listen`.
   * @throws TlsError if the new files cannot be used. The old certificate stays in use.
   */
  reloadTls(): void
  /** Stops listening and ends every open connection. The transport cannot listen again. */
  close(): void
}
