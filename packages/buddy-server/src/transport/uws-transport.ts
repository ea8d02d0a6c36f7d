import type {
  HttpRequest as UwsRequest,
  HttpResponse as UwsResponse,
  TemplatedApp,
  us_listen_socket as ListenSocket,
} from 'uWebSockets.js'
import { subprotocol } from '@buddy-chat/protocol'
import * as uws from 'uWebSockets.js'
import { HttpExchange } from './http-exchange.ts'
import { Outbox } from './outbox.ts'
import { SocketConnection } from './socket-connection.ts'
import { SocketCount } from './socket-count.ts'
import { readTlsFiles, TlsError, type TlsFiles } from './tls-files.ts'
import type {
  ConnectionEvents,
  Transport,
  TransportHandlers,
  TransportOptions,
  Upgrade,
} from './transport.ts'

/** Exists at run time, but the package declares it as a type only. */
const exclusivePort = (uws as unknown as Record<string, number>)['LIBUS_LISTEN_EXCLUSIVE_PORT']

/** Adds the methods that exist at run time but are missing in the package's types. */
type App = TemplatedApp & {
  listen(
    host: string,
    port: number,
    options: number,
    callback: (socket: ListenSocket | false) => void,
  ): unknown
  getDescriptor(): number
  /** From now on this app hands each socket that it accepts to the other app, with its TLS and routes. */
  addChildAppDescriptor(descriptor: number): unknown
  removeChildAppDescriptor(descriptor: number): unknown
}

/** Long enough for the largest file over a slow connection. */
const defaultAnswerTimeoutMs = 60_000

/** Twice the time after which a silent client counts as dead, within the range of uWebSockets.js. */
function idleTimeoutSeconds(silentAfterMs: number): number {
  const seconds = Math.ceil((silentAfterMs * 2) / 1000)
  // uWebSockets.js accepts at most 960 s. With a longer ping interval it would disconnect live clients.
  return silentAfterMs > 900_000 ? 0 : Math.min(Math.max(seconds, 8), 960)
}

interface SocketData {
  readonly upgrade: Upgrade
  /** Undefined until the socket has opened. */
  connection: SocketConnection | undefined
}

const decoder = new TextDecoder()

const remoteAddressOf = (response: UwsResponse): string =>
  decoder.decode(response.getRemoteAddressAsText())

/** All values of all headers. `getHeader` returns the first value only, which a client can forge. */
function allHeaders(request: UwsRequest): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  request.forEach((name, value) => {
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before},${value}`)
  })
  return headers
}

/** The offer of Buddy's own clients. One array for all connections. */
const ownProtocols: readonly string[] = [subprotocol]

function protocolsIn(header: string): readonly string[] {
  if (header === subprotocol) return ownProtocols
  return header.split(',').flatMap((name) => name.trim() || [])
}

function createApp(tls: TlsFiles | undefined): App {
  if (!tls) return uws.App() as App
  const { certFile, keyFile } = tls
  try {
    return uws.SSLApp({ cert_file_name: certFile, key_file_name: keyFile }) as App
  } catch (cause) {
    // Rare, because the files were checked: they have changed since, or its own TLS library refuses them.
    throw new TlsError(`${certFile}, ${keyFile}: uWebSockets.js cannot use these files`, { cause })
  }
}

/** Serves HTTP, and WebSocket at `/ws`, with uWebSockets.js. No other file imports that package. */
export function createUwsTransport(
  options: TransportOptions,
  handlers: TransportHandlers,
): Transport {
  const { clock, maxFrameBytes, maxBacklogBytes, tls } = options
  const {
    silentAfterMs,
    maxSockets = () => Infinity,
    answerTimeoutMs = defaultAnswerTimeoutMs,
  } = options
  const outbox = new Outbox((error) => handlers.onError(error))
  const connectionOptions = { outbox, clock, maxBacklogBytes }
  let listenSocket: ListenSocket | undefined
  let isClosed = false
  let tlsText = ''
  /**
   * One app for each certificate so far, because an app cannot change its certificate. The first app has
   * the listen socket, the last one receives the accepted sockets, and each keeps its connections.
   */
  const apps: App[] = []

  const sockets = new SocketCount({ clock, onChange: (count) => handlers.onSockets?.(count) })

  /** Catches exceptions, because an exception that reaches native code ends the process. */
  const guard = (data: SocketData, act: () => void): void => {
    try {
      act()
    } catch (error) {
      handlers.onError(error)
      data.connection?.terminate()
    }
  }

  /**
   * Delivers a frame to its connection. If the connection is closing, closes it at once: uWebSockets.js
   * then drops the other frames of the same read, which may be tens of thousands.
   */
  const deliver = (data: SocketData, act: (events: ConnectionEvents) => void): void => {
    const { connection } = data
    if (!connection?.events) return
    try {
      connection.handleReceived()
      if (!connection.isClosing) act(connection.events)
      if (connection.isClosing) connection.flush()
    } catch (error) {
      handlers.onError(error)
      connection.terminate()
    }
  }

  function handleUpgrade(
    response: UwsResponse,
    request: UwsRequest,
    context: uws.us_socket_context_t,
  ): void {
    const headers = allHeaders(request)
    // uWebSockets.js checks the key only. RFC 6455 §4.2.1 and §4.4 require these two as well.
    const isWebSocket =
      headers.get('sec-websocket-version') === '13' &&
      headers.get('upgrade')?.toLowerCase() === 'websocket'
    if (!isWebSocket) {
      handleRequest(response, request)
      return
    }
    const protocols = protocolsIn(headers.get('sec-websocket-protocol') ?? '')
    const upgrade: Upgrade = {
      origin: headers.get('origin') || undefined,
      host: headers.get('host') ?? '',
      protocols,
      remoteAddress: remoteAddressOf(response),
      forwardedFor: headers.get('x-forwarded-for') ?? '',
    }
    const data: SocketData = { upgrade, connection: undefined }
    response.upgrade(
      data,
      headers.get('sec-websocket-key') ?? '',
      // A browser drops a connection silently if the server chooses none of the subprotocols offered. If
      // Buddy's is not among them, choose another one: the refusal follows after the handshake.
      protocols.includes(subprotocol) ? subprotocol : (protocols[0] ?? ''),
      headers.get('sec-websocket-extensions') ?? '',
      context,
    )
  }

  function handleRequest(response: UwsResponse, request: UwsRequest): void {
    const headers = allHeaders(request)
    const exchange = new HttpExchange(response, {
      clock,
      answerTimeoutMs,
      onRequest: (asked) => handlers.onRequest(asked),
      onError: (error) => handlers.onError(error),
    })
    exchange.handle({
      method: request.getMethod().toUpperCase(),
      path: request.getUrl(),
      // Without a `?` it is undefined, although its type excludes that.
      query: (request.getQuery() as string | undefined) ?? '',
      remoteAddress: remoteAddressOf(response),
      forwardedFor: headers.get('x-forwarded-for') ?? '',
      header: (name) => headers.get(name) ?? '',
      onDone: (callback) => exchange.onDone(callback),
    })
  }

  function addRoutes(app: App): App {
    app.ws<SocketData>('/ws', {
      maxPayloadLength: maxFrameBytes,
      // Far above `maxBacklogBytes`, at which the server closes the connection: uWebSockets.js would only drop
      // single frames.
      maxBackpressure: maxBacklogBytes * 4 + maxFrameBytes,
      // The server's pings detect a dead client earlier. This limit is for a client that was sent a close
      // frame: it starts again whenever the client reads, and without it such a client could stay forever.
      idleTimeout: idleTimeoutSeconds(silentAfterMs),
      sendPingsAutomatically: false,
      upgrade: handleUpgrade,
      open: (socket) => {
        const data = socket.getUserData()
        const connection = new SocketConnection(socket, data.upgrade, connectionOptions)
        data.connection = connection
        guard(data, () => (connection.events = handlers.onConnection(connection)))
      },
      message: (socket, message, isBinary) => {
        deliver(socket.getUserData(), (events) => events.onFrame(new Uint8Array(message), isBinary))
      },
      ping: (socket) => deliver(socket.getUserData(), (events) => events.onPing()),
      pong: (socket, payload) => {
        deliver(socket.getUserData(), (events) => events.onPong(new Uint8Array(payload)))
      },
      close: (socket, code) => {
        const data = socket.getUserData()
        data.connection?.detach()
        // Without a close frame the socket is gone. With one, it waits for the client to close it too.
        if (code === 1006) sockets.add(-1)
        else sockets.handleClosing()
        guard(data, () => data.connection?.events?.onClose(code))
      },
    })
    app.any('/*', handleRequest)
    // Reports new connections, and the end of connections that have not become WebSockets.
    app.filter((response, change) => {
      sockets.add(change)
      if (change > 0 && sockets.count > maxSockets()) response.close()
    })
    return app
  }

  return {
    listen: async (host, port) => {
      if (isClosed) throw new Error('this transport is closed')
      if (listenSocket) throw new Error('this transport listens already')
      const text = tls ? readTlsFiles(tls) : ''
      const app = addRoutes(createApp(tls))
      const socket = await new Promise<ListenSocket | false>((resolve) => {
        app.listen(host, port, exclusivePort ?? 1, resolve)
      })
      if (!socket) {
        const message = `port ${port} on ${host} is in use or not allowed`
        throw Object.assign(new Error(message), { code: 'EADDRINUSE' })
      }
      listenSocket = socket
      tlsText = text
      apps.push(app)
      return uws.us_socket_local_port(socket)
    },
    // A new listen socket would refuse the clients that wait to be accepted, and a certificate that is
    // added for a server name reaches only clients that send that name. A child app serves all clients.
    reloadTls: () => {
      const [listening] = apps
      const previous = apps.at(-1)
      if (!tls || !listening || !previous || isClosed) return
      const text = readTlsFiles(tls)
      if (text === tlsText) return
      const next = addRoutes(createApp(tls))
      listening.addChildAppDescriptor(next.getDescriptor())
      if (previous !== listening) listening.removeChildAppDescriptor(previous.getDescriptor())
      tlsText = text
      apps.push(next)
    },
    close: () => {
      isClosed = true
      if (listenSocket) uws.us_listen_socket_close(listenSocket)
      listenSocket = undefined
      const closeApps = (): void => {
        for (const app of apps) app.close()
      }
      closeApps()
      // A socket that was accepted in this turn reaches a child app in the next turn only.
      if (apps.length > 1) setImmediate(() => setImmediate(closeApps))
    },
  }
}
