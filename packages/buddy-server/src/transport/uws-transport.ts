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

/** Exists at run time; the package's types have it as a type only. */
const exclusivePort = (uws as unknown as Record<string, number>)['LIBUS_LISTEN_EXCLUSIVE_PORT']

/** With what exists at run time and the package's types lack. */
type App = TemplatedApp & {
  listen(
    host: string,
    port: number,
    options: number,
    callback: (socket: ListenSocket | false) => void,
  ): unknown
  getDescriptor(): number
  /** From now on the sockets this app accepts are the other app's: TLS, routes, everything. */
  addChildAppDescriptor(descriptor: number): unknown
  removeChildAppDescriptor(descriptor: number): unknown
}

/** A client on a slow connection gets the largest file in this time. */
const defaultAnswerTimeoutMs = 60_000

/** Twice the time after which a client is dead anyway, as far as uWebSockets.js allows it. */
function idleTimeoutSeconds(silentAfterMs: number): number {
  const seconds = Math.ceil((silentAfterMs * 2) / 1000)
  // uWebSockets.js accepts at most 960 s. With a longer ping interval this timer would end healthy clients.
  return silentAfterMs > 900_000 ? 0 : Math.min(Math.max(seconds, 8), 960)
}

interface SocketData {
  readonly upgrade: Upgrade
  /** Set when the socket has opened. */
  connection: SocketConnection | undefined
}

const decoder = new TextDecoder()

const remoteAddressOf = (response: UwsResponse): string =>
  decoder.decode(response.getRemoteAddressAsText())

/** Every line of every header; `getHeader` gives the first only, which is the one a client can forge. */
function allHeaders(request: UwsRequest): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  request.forEach((name, value) => {
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before},${value}`)
  })
  return headers
}

/** What our own clients offer; one array for all of them. */
const usualProtocols: readonly string[] = [subprotocol]

function protocolsIn(header: string): readonly string[] {
  if (header === subprotocol) return usualProtocols
  return header.split(',').flatMap((name) => name.trim() || [])
}

function createApp(tls: TlsFiles | undefined): App {
  if (!tls) return uws.App() as App
  const { certFile, keyFile } = tls
  try {
    return uws.SSLApp({ cert_file_name: certFile, key_file_name: keyFile }) as App
  } catch (cause) {
    // Already read once, so this is rare: they changed in between, or are nothing for its own TLS.
    throw new TlsError(`${certFile}, ${keyFile}: uWebSockets.js cannot use these`, { cause })
  }
}

/** HTTP and WebSocket (at `/ws`) by uWebSockets.js; the only file that knows it. */
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
   * One app for each certificate there has been: an app cannot change its own. The first has the
   * listen socket, the last gets what is accepted, each keeps the connections it was given.
   */
  const apps: App[] = []

  const sockets = new SocketCount({ clock, onChange: (count) => handlers.onSockets?.(count) })

  /** An exception must not cross into native code: it would end the process. */
  const guard = (data: SocketData, act: () => void): void => {
    try {
      act()
    } catch (error) {
      handlers.onError(error)
      data.connection?.terminate()
    }
  }

  /**
   * Hands over a frame. A connection that is closing is closed at once: uWebSockets.js then drops what
   * else came in the same read, which may be tens of thousands of frames.
   */
  const read = (data: SocketData, act: (events: ConnectionEvents) => void): void => {
    const { connection } = data
    if (!connection?.events) return
    try {
      connection.handleHeard()
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
    // uWebSockets.js looks at the key only (RFC 6455 §4.2.1 and §4.4 ask for these two).
    const isProper =
      headers.get('sec-websocket-version') === '13' &&
      headers.get('upgrade')?.toLowerCase() === 'websocket'
    if (!isProper) {
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
      // A browser drops a connection that chose none of what it offered, without saying why.
      // Ours if it is there; if not, whoever admits can say so after the handshake.
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
      // Undefined without a `?`, whatever the types say.
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
      // Far above our own bound: uWebSockets.js would drop single frames, we close by name.
      maxBackpressure: maxBacklogBytes * 4 + maxFrameBytes,
      // Pings notice a dead client earlier. This is for one that was closed: as long as it goes on
      // reading, uWebSockets.js gives it this time again, or for ever if there is none.
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
        read(socket.getUserData(), (events) => events.onFrame(new Uint8Array(message), isBinary))
      },
      ping: (socket) => read(socket.getUserData(), (events) => events.onPing()),
      pong: (socket, payload) => {
        read(socket.getUserData(), (events) => events.onPong(new Uint8Array(payload)))
      },
      close: (socket, code) => {
        const data = socket.getUserData()
        data.connection?.detach()
        // Without a close frame the socket is gone; with one it waits for the client to close it too.
        if (code === 1006) sockets.add(-1)
        else sockets.handleClosing()
        guard(data, () => data.connection?.events?.onClose(code))
      },
    })
    app.any('/*', handleRequest)
    // It reports the end of a connection that has not become a WebSocket.
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
        const message = `port ${port} on ${host} is taken or may not be used`
        throw Object.assign(new Error(message), { code: 'EADDRINUSE' })
      }
      listenSocket = socket
      tlsText = text
      apps.push(app)
      return uws.us_socket_local_port(socket)
    },
    // Closing the listen socket and opening another would turn away whoever waits to be accepted,
    // and a server name's certificate is only for clients that name it. A child app is for all.
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
      // A socket accepted in this turn reaches its app, if that is another, in the next.
      if (apps.length > 1) setImmediate(() => setImmediate(closeApps))
    },
  }
}
