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
  /** Sends what is queued, then a close frame. */
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

/** What happens to one connection. */
export interface ConnectionEvents {
  /** `bytes` are valid only during the call. */
  onFrame(bytes: Uint8Array, isBinary: boolean): void
  /** The client answered a ping; `payload` is the ping's, and valid only during the call. */
  onPong(payload: Uint8Array): void
  /** What waits to be sent has outgrown its bound: the client reads too slowly. */
  onBacklog(): void
  /** Last of all, once. `code` is 1006 where no close frame came. */
  onClose(code: number): void
}

/** One HTTP request; the body is never read. It stays readable for as long as it is kept. */
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
}

/** One HTTP response. `HEAD` is the transport's business: give the body all the same. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** What a transport calls. */
export interface TransportHandlers {
  /**
   * A promise may take its time: the client waits. Where it has gone meanwhile, the answer is
   * dropped.
   */
  onRequest(request: HttpRequest): HttpResponse | Promise<HttpResponse>
  /** A connection is open; what is returned hears of it until it closes. */
  onConnection(connection: Connection): ConnectionEvents
  /**
   * A handler threw, or its promise was rejected. The connection it was about is terminated, the
   * HTTP request answered with 500; the others go on.
   */
  onError(error: unknown): void
}

/** What a transport is made with. */
export interface TransportOptions {
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
