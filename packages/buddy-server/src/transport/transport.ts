/** What is known of a client when it knocks. */
export interface Upgrade {
  /** The page it comes from, as the browser says; undefined for programs. */
  readonly origin: string | undefined
  /** WebSocket subprotocols offered, in order. */
  readonly protocols: readonly string[]
  /** Address of the other end of the TCP connection. */
  readonly remoteAddress: string
  /** The `X-Forwarded-For` header; anyone can write it. */
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
  /** Sends a WebSocket ping, which every browser answers by itself. */
  ping(): void
  /** Ends the connection at once, without a close frame. */
  terminate(): void
}

/** What happens to one connection. */
export interface ConnectionEvents {
  /** `bytes` are valid only during the call. */
  onFrame(bytes: Uint8Array, isBinary: boolean): void
  /** The client answered a ping. */
  onPong(): void
  /** What waits to be sent has outgrown its bound: the client reads too slowly. */
  onBacklog(): void
  /** Last of all, once. `code` is 1006 where no close frame came. */
  onClose(code: number): void
}

/** One HTTP request; the body is never read. */
export interface HttpRequest {
  /** Upper case. */
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** A header by its lower-case name; empty where absent. */
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
  onRequest(request: HttpRequest): HttpResponse
  /** A connection is open; what is returned hears of it until it closes. */
  onConnection(connection: Connection): ConnectionEvents
  /** A handler threw. The connection it was about is terminated; the others go on. */
  onError(error: unknown): void
}

/** Bounds of a transport, in bytes. */
export interface TransportLimits {
  /** A frame longer than this ends the connection before it is read. */
  readonly maxFrameBytes: number
  /** See {@link ConnectionEvents.onBacklog}. */
  readonly maxBacklogBytes: number
}

/** A listening socket and its connections. */
export interface Transport {
  /**
   * Starts listening; port 0 takes a free one.
   * @returns the port
   * @throws Error with `code: 'EADDRINUSE'` where the port is taken or not allowed
   */
  listen(host: string, port: number): Promise<number>
  /** Stops listening and ends every connection that is left. */
  close(): void
}
