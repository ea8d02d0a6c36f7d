import type { Clock } from '../clock.ts'
import type { TlsFiles } from './tls-files.ts'

/** What is known of a client when it knocks. */
export interface Upgrade {
  /** The page it comes from, as the browser says; undefined for programs. */
  readonly origin: string | undefined
  /** The `Host` header: how the client, or a proxy before it, names this server; empty where absent. */
  readonly host: string
  /** WebSocket subprotocols offered, in order. */
  readonly protocols: readonly string[]
  /** Address of the other end of the TCP connection. */
  readonly remoteAddress: string
  /** The `X-Forwarded-For` header, all its lines; anyone can write it. */
  readonly forwardedFor: string
}

/** One WebSocket. Everything is safe to call at any time; after the end it does nothing. */
export interface Connection {
  readonly upgrade: Upgrade
  /**
   * Queues a binary frame. All frames queued for a connection in one turn of the event loop go
   * out together, in order. The frame must not change afterwards.
   */
  send(frame: Uint8Array): void
  /**
   * Sends what is queued, then a close frame; to a client that has sent nothing yet, half a second later
   * at the earliest unless it does so before.
   */
  close(code: number, reason: string): void
  /**
   * Sends a WebSocket ping, which every browser answers by itself with a pong of the same payload.
   * It follows whatever was queued before it.
   * @param payload at most 125 bytes (RFC 6455 §5.5)
   * @default payload empty
   * @throws RangeError where the payload is longer
   */
  ping(payload?: Uint8Array): void
  /** Ends the connection at once, without a close frame. */
  terminate(): void
}

/** What happens to one connection. After `close` or `terminate` only `onClose` is called. */
export interface ConnectionEvents {
  /** `bytes` are valid only during the call. */
  onFrame(bytes: Uint8Array, isBinary: boolean): void
  /** The client sent a ping. It is answered already. */
  onPing(): void
  /**
   * The client sent a pong: an answer to a ping, whose `payload` it repeats, or an unsolicited one
   * (RFC 6455 §5.5.3). The payload is valid only during the call.
   */
  onPong(payload: Uint8Array): void
  /** What waits to be sent has outgrown its bound: the client reads too slowly. */
  onBacklog(): void
  /** Last of all, once. `code` is 1006 where no close frame came. */
  onClose(code: number): void
}

/** One HTTP request; its body is dropped. It stays readable for as long as it is kept. */
export interface HttpRequest {
  /** Upper case. */
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** What follows the `?`, as it was sent; empty where there is none. */
  readonly query: string
  /** Address of the other end of the TCP connection. */
  readonly remoteAddress: string
  /** The `X-Forwarded-For` header, all its lines; anyone can write it. */
  readonly forwardedFor: string
  /** A header by its lower-case name, several lines joined with commas; empty where absent. */
  header(name: string): string
  /** Calls back once, when the answer has left the process or the client is gone. */
  onDone(callback: () => void): void
}

/**
 * One HTTP response. `HEAD` is the transport's business: give the body all the same. The connection
 * ends after an answer to `HEAD` and after status 304.
 */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** What a transport calls. */
export interface TransportHandlers {
  /**
   * Answers a request; undefined closes its connection without an answer. A promise may take its time:
   * the client waits. If the client is gone meanwhile, the answer is dropped. A connection has one
   * request at a time: a client that sends another one before it has the answer is disconnected.
   */
  onRequest(request: HttpRequest): HttpResponse | undefined | Promise<HttpResponse | undefined>
  /** A connection is open; what is returned hears of it until it closes. */
  onConnection(connection: Connection): ConnectionEvents
  /**
   * A handler threw, or its promise was rejected. The connection it was about is terminated, the
   * HTTP request answered with 500; the others go on.
   */
  onError(error: unknown): void
  /** So many TCP connections are open now: WebSockets, HTTP, and those that have said nothing yet. */
  onSockets?(count: number): void
}

/** What a transport is made with. */
export interface TransportOptions {
  readonly clock: Pick<Clock, 'after'>
  /**
   * An HTTP client that has not taken its answer by then is disconnected.
   * @default 60,000
   */
  readonly answerTimeoutMs?: number
  /** Every client that is alive sends something more often than this. */
  readonly silentAfterMs: number
  /**
   * TCP connections at a time; one more is closed as soon as it is accepted.
   * @default no limit
   */
  readonly maxSockets?: () => number
  /** A frame longer than this ends the connection before it is read. */
  readonly maxFrameBytes: number
  /** See {@link ConnectionEvents.onBacklog}. */
  readonly maxBacklogBytes: number
  /**
   * HTTPS and WSS with this certificate.
   * @default HTTP and WS
   */
  readonly tls?: TlsFiles
}

/** A listening socket and its connections. */
export interface Transport {
  /**
   * Starts listening; port 0 takes a free one.
   * @returns the port
   * @throws TlsError where the certificate or its key cannot be used
   * @throws Error with `code: 'EADDRINUSE'` where the port is taken or not allowed
   * @throws Error where it listens already, or is closed
   */
  listen(host: string, port: number): Promise<number>
  /**
   * Reads the certificate and its key anew. Handshakes from now on get the new certificate;
   * connections go on with the old one, and none is turned away in between. Unchanged files, no TLS
   * and not listening yet are all fine: then nothing happens.
   * @throws TlsError where the new files cannot be used; the old certificate stays
   */
  reloadTls(): void
  /** Stops listening and ends every connection that is left, for good. */
  close(): void
}
