import type {
  HttpRequest,
  HttpResponse as UwsResponse,
  us_listen_socket as ListenSocket,
  WebSocket,
} from 'uWebSockets.js'
import { subprotocol } from '@buddy-chat/protocol'
import * as uws from 'uWebSockets.js'
import type {
  Connection,
  ConnectionEvents,
  HttpResponse,
  Transport,
  TransportHandlers,
  TransportLimits,
  Upgrade,
} from './transport.ts'

/** Exists at run time; the package's types have it as a type only. */
const exclusivePort = (uws as unknown as Record<string, number>)['LIBUS_LISTEN_EXCLUSIVE_PORT']

const statusTexts: Record<number, string> = {
  200: 'OK',
  304: 'Not Modified',
  404: 'Not Found',
  405: 'Method Not Allowed',
  426: 'Upgrade Required',
  503: 'Service Unavailable',
}

interface SocketData {
  readonly upgrade: Upgrade
  /** Set when the socket has opened. */
  connection: UwsConnection | undefined
  events: ConnectionEvents | undefined
}

const decoder = new TextDecoder()

/** Gathers what is sent in one turn of the event loop and hands it over in one system call. */
class Outbox {
  readonly #onError: (error: unknown) => void
  readonly #dirty = new Set<UwsConnection>()
  #isScheduled = false

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  schedule(connection: UwsConnection): void {
    this.#dirty.add(connection)
    if (this.#isScheduled) return
    this.#isScheduled = true
    // After all sockets that are ready now have been read: their answers travel together.
    setImmediate(() => {
      this.#isScheduled = false
      const connections = [...this.#dirty]
      this.#dirty.clear()
      for (const connection of connections) {
        try {
          connection.flush()
        } catch (error) {
          this.#onError(error)
          connection.terminate()
        }
      }
    })
  }
}

class UwsConnection implements Connection {
  readonly upgrade: Upgrade
  readonly #outbox: Outbox
  readonly #limits: TransportLimits
  #socket: WebSocket<SocketData> | undefined
  #frames: Uint8Array[] = []
  #closing: { readonly code: number; readonly reason: string } | undefined

  constructor(socket: WebSocket<SocketData>, outbox: Outbox, limits: TransportLimits) {
    this.upgrade = socket.getUserData().upgrade
    this.#socket = socket
    this.#outbox = outbox
    this.#limits = limits
  }

  send(frame: Uint8Array): void {
    if (!this.#socket || this.#closing) return
    this.#frames.push(frame)
    this.#outbox.schedule(this)
  }

  close(code: number, reason: string): void {
    if (!this.#socket || this.#closing) return
    this.#closing = { code, reason }
    this.#outbox.schedule(this)
  }

  ping(): void {
    this.#socket?.ping()
  }

  terminate(): void {
    this.#socket?.close()
  }

  /** The socket is gone; uWebSockets.js throws if it is touched again. */
  detach(): void {
    this.#socket = undefined
    this.#frames = []
  }

  flush(): void {
    const socket = this.#socket
    if (!socket) return
    const frames = this.#frames
    this.#frames = []
    socket.cork(() => {
      for (const frame of frames) socket.send(frame, true)
    })
    if (this.#closing) socket.end(this.#closing.code, this.#closing.reason)
    else if (socket.getBufferedAmount() > this.#limits.maxBacklogBytes) {
      socket.getUserData().events?.onBacklog()
    }
  }
}

/** Every line of a header; `getHeader` gives the first only, which is the one a client can forge. */
function allHeaders(request: HttpRequest, name: string): string {
  const values: string[] = []
  request.forEach((key, value) => {
    if (key === name) values.push(value)
  })
  return values.join(',')
}

function respond(
  response: UwsResponse,
  { status, headers, body }: HttpResponse,
  isHead: boolean,
): void {
  response.cork(() => {
    response.writeStatus(`${status} ${statusTexts[status] ?? ''}`)
    for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value)
    // Given the length as an argument, `endWithoutBody` would close the connection after itself.
    if (isHead) response.writeHeader('Content-Length', String(Buffer.byteLength(body)))
    if (isHead || status === 304) response.endWithoutBody()
    else response.end(body)
  })
}

/** HTTP and WebSocket (at `/ws`) by uWebSockets.js; the only file that knows it. */
export function createUwsTransport(
  limits: TransportLimits,
  handlers: TransportHandlers,
): Transport {
  const outbox = new Outbox((error) => handlers.onError(error))
  let listenSocket: ListenSocket | undefined

  /** An exception must not cross into native code: it would end the process. */
  const guard = (data: SocketData, act: () => void): void => {
    try {
      act()
    } catch (error) {
      handlers.onError(error)
      data.connection?.terminate()
    }
  }

  const app = uws.App()
  app.ws<SocketData>('/ws', {
    maxPayloadLength: limits.maxFrameBytes,
    // Far above our own bound: uWebSockets.js would drop single frames, we close by name.
    maxBackpressure: limits.maxBacklogBytes * 4 + limits.maxFrameBytes,
    // Our own pings notice a dead client; this timer would be reset by what we send.
    idleTimeout: 0,
    sendPingsAutomatically: false,
    upgrade: (response, request, context) => {
      const offered = request.getHeader('sec-websocket-protocol')
      const protocols = offered.split(',').flatMap((name) => name.trim() || [])
      const data: SocketData = {
        upgrade: {
          origin: request.getHeader('origin') || undefined,
          protocols,
          remoteAddress: decoder.decode(response.getRemoteAddressAsText()),
          forwardedFor: allHeaders(request, 'x-forwarded-for'),
        },
        connection: undefined,
        events: undefined,
      }
      response.upgrade(
        data,
        request.getHeader('sec-websocket-key'),
        // A browser drops a connection that chose none of what it offered, without saying why.
        // Ours if it is there; if not, whoever admits can say so after the handshake.
        protocols.includes(subprotocol) ? subprotocol : (protocols[0] ?? ''),
        request.getHeader('sec-websocket-extensions'),
        context,
      )
    },
    open: (socket) => {
      const data = socket.getUserData()
      const connection = new UwsConnection(socket, outbox, limits)
      data.connection = connection
      guard(data, () => (data.events = handlers.onConnection(connection)))
    },
    message: (socket, message, isBinary) => {
      const data = socket.getUserData()
      guard(data, () => data.events?.onFrame(new Uint8Array(message), isBinary))
    },
    pong: (socket) => {
      const data = socket.getUserData()
      guard(data, () => data.events?.onPong())
    },
    close: (socket, code) => {
      const data = socket.getUserData()
      data.connection?.detach()
      guard(data, () => data.events?.onClose(code))
    },
  })
  app.any('/*', (response, request) => {
    // Without a body to read the answer is given at once, but the type of socket demands it.
    response.onAborted(() => undefined)
    const method = request.getMethod().toUpperCase()
    try {
      const answer = handlers.onRequest({
        method,
        path: request.getUrl(),
        header: (name) => request.getHeader(name),
      })
      respond(response, answer, method === 'HEAD')
    } catch (error) {
      handlers.onError(error)
      response.close()
    }
  })

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        const handleListening = (socket: ListenSocket | false): void => {
          if (!socket) {
            const message = `port ${port} on ${host} is taken or may not be used`
            reject(Object.assign(new Error(message), { code: 'EADDRINUSE' }))
            return
          }
          listenSocket = socket
          resolve(uws.us_socket_local_port(socket))
        }
        const listen = app.listen as unknown as (
          host: string,
          port: number,
          options: number,
          callback: (socket: ListenSocket | false) => void,
        ) => void
        listen.call(app, host, port, exclusivePort ?? 1, handleListening)
      }),
    close: () => {
      if (listenSocket) uws.us_listen_socket_close(listenSocket)
      listenSocket = undefined
      app.close()
    },
  }
}
