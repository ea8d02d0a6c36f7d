import type {
  HttpRequest as UwsRequest,
  HttpResponse as UwsResponse,
  TemplatedApp,
  us_listen_socket as ListenSocket,
  us_socket_context_t as SocketContext,
} from 'uWebSockets.js'
import { subprotocol } from '@buddy-chat/protocol'
import { HttpExchange } from './http-exchange.ts'
import { listenError } from './listen-error.ts'
import type { UwsAddon } from './load-addon.ts'
import { loadAddon } from './load-addon.ts'
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

/** An app, with methods that exist at run time but are missing in the package's types. */
type App = TemplatedApp & {
  listen(
    host: string,
    port: number,
    options: number,
    callback: (socket: ListenSocket | false) => void,
  ): unknown
  getDescriptor(): number
  /**
   * After this call, the app passes each socket that it accepts to the other app, which uses its own
   * certificate and routes.
   */
  addChildAppDescriptor(descriptor: number): unknown
  removeChildAppDescriptor(descriptor: number): unknown
}

/** The default time for an answer, which is enough for the largest file over a slow connection. */
const defaultAnswerTimeoutMs = 60_000

/**
 * Returns twice the time after which a silent client counts as dead, in seconds. The result is limited to the
 * range that uWebSockets.js accepts; 0 means no limit.
 */
function idleTimeoutSeconds(silentAfterMs: number): number {
  const seconds = Math.ceil((silentAfterMs * 2) / 1000)
  // uWebSockets.js accepts at most 960 s. If the ping interval is longer, this would disconnect live clients,
  // so there is no limit.
  return silentAfterMs > 900_000 ? 0 : Math.min(Math.max(seconds, 8), 960)
}

/** A listen socket and its app. */
interface Opened {
  readonly app: App
  readonly socket: ListenSocket
  /** The text of the certificate and its key. Empty without TLS. */
  readonly tlsText: string
}

interface SocketData {
  readonly upgrade: Upgrade
  /** The connection over the socket. Undefined until the socket has opened. */
  connection: SocketConnection | undefined
}

const decoder = new TextDecoder()

const remoteAddressOf = (response: UwsResponse): string =>
  decoder.decode(response.getRemoteAddressAsText())

/**
 * Returns all values of all headers. `getHeader` would return only the first value of a header, which a
 * client can forge.
 */
function allHeaders(request: UwsRequest): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  request.forEach((name, value) => {
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before},${value}`)
  })
  return headers
}

/** The subprotocols that Buddy's own clients offer. All connections share this array, to save memory. */
const ownProtocols: readonly string[] = [subprotocol]

function protocolsIn(header: string): readonly string[] {
  if (header === subprotocol) return ownProtocols
  return header.split(',').flatMap((name) => name.trim() || [])
}

function createApp(uws: UwsAddon, tls: TlsFiles | undefined): App {
  if (!tls) return uws.App() as App
  const { certFile, keyFile } = tls
  try {
    return uws.SSLApp({ cert_file_name: certFile, key_file_name: keyFile }) as App
  } catch (cause) {
    // This is rare, because the files have been checked. Either they have changed since, or the TLS library
    // of uWebSockets.js refuses them.
    throw new TlsError(`${certFile}, ${keyFile}: uWebSockets.js cannot use these files`, { cause })
  }
}

/**
 * Creates a transport that serves HTTP, and WebSocket at `/ws`, with uWebSockets.js.
 * @throws NativeAddonError if its native part cannot be loaded
 */
export function createUwsTransport(
  options: TransportOptions,
  handlers: TransportHandlers,
): Transport {
  const uws = loadAddon()
  // This option of `listen` refuses a port in use. The constant exists at run time, but the package declares
  // it as a type only.
  const exclusivePort = (uws as unknown as Record<string, number>)['LIBUS_LISTEN_EXCLUSIVE_PORT']
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
   * The apps, one for each certificate so far, because an app cannot change its certificate. The first app
   * has the listen socket. The last app receives the accepted sockets. Each app keeps the connections that it
   * has received.
   */
  const apps: App[] = []

  const sockets = new SocketCount({ clock, onChange: (count) => handlers.onSockets?.(count) })

  /** Calls `act` and catches exceptions, because an exception that reaches native code ends the process. */
  const guard = (data: SocketData, act: () => void): void => {
    try {
      act()
    } catch (error) {
      handlers.onError(error)
      data.connection?.terminate()
    }
  }

  /**
   * Delivers a frame to its connection. If the connection is closing, sends its close frame at once, because
   * uWebSockets.js then drops the other frames of the same read, which may be tens of thousands.
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

  function handleUpgrade(response: UwsResponse, request: UwsRequest, context: SocketContext): void {
    const headers = allHeaders(request)
    // uWebSockets.js checks only the header `sec-websocket-key`. RFC 6455 §4.2.1 and §4.4 require these two
    // headers as well.
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
      // A browser reports no reason if the server chooses none of the offered subprotocols. So if Buddy's is
      // not among them, the server chooses another one, and refuses the client with an error after the
      // handshake.
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
      keepsBody: (asked) => handlers.keepsBody?.(asked) ?? false,
      onRequest: (asked, body) => handlers.onRequest(asked, body),
      onError: (error) => handlers.onError(error),
    })
    exchange.handle({
      method: request.getMethod().toUpperCase(),
      path: request.getUrl(),
      // `getQuery` returns undefined if there is no `?`, although its type excludes that.
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
      // Above this limit, uWebSockets.js drops single frames. It is far above `maxBacklogBytes`, so that the
      // server closes the connection before that.
      maxBackpressure: maxBacklogBytes * 4 + maxFrameBytes,
      // This limit ends the connection of a client that does not close it after the server's close frame.
      // Without the limit, such a client could stay connected forever. The time starts again whenever the
      // client reads. A dead client is detected earlier, by the server's pings.
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
        // After code 1006 (no close frame) the socket has closed. After any other code it waits for the
        // client to close it too.
        if (code === 1006) sockets.add(-1)
        else sockets.handleClosing()
        guard(data, () => data.connection?.events?.onClose(code))
      },
    })
    app.any('/*', handleRequest)
    // The filter is called for new TCP connections, and for the end of those that have not become WebSockets.
    app.filter((response, change) => {
      sockets.add(change)
      if (change > 0 && sockets.count > maxSockets()) response.close()
    })
    return app
  }

  /**
   * Opens a listen socket, with an app of its own.
   * @throws TlsError, ListenError
   */
  async function open(host: string, port: number): Promise<Opened> {
    const tlsText = tls ? readTlsFiles(tls) : ''
    const app = addRoutes(createApp(uws, tls))
    const socket = await new Promise<ListenSocket | false>((resolve) => {
      app.listen(host, port, exclusivePort ?? 1, resolve)
    })
    if (socket) return { app, socket, tlsText }
    app.close()
    throw await listenError(host, port)
  }

  return {
    listen: async (host, port) => {
      if (isClosed) throw new Error('this transport is closed')
      if (listenSocket) throw new Error('this transport listens already')
      const opened = await open(host, port)
      listenSocket = opened.socket
      tlsText = opened.tlsText
      apps.push(opened.app)
      return uws.us_socket_local_port(opened.socket)
    },
    check: async (host, port) => {
      // The socket is closed before the event loop can accept a client.
      const { app, socket } = await open(host, port)
      uws.us_listen_socket_close(socket)
      app.close()
    },
    checkTls: () => {
      if (!tls) return
      readTlsFiles(tls)
      createApp(uws, tls).close()
    },
    // The new certificate belongs to a child app, which serves all later clients. Other ways have faults. A
    // new listen socket would refuse the clients that wait to be accepted. A certificate that is added for a
    // server name would reach only clients that send that name.
    reloadTls: () => {
      const [listening] = apps
      const previous = apps.at(-1)
      if (!tls || !listening || !previous || isClosed) return
      const text = readTlsFiles(tls)
      if (text === tlsText) return
      const next = addRoutes(createApp(uws, tls))
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
      // Close the apps again later, because a socket that was accepted in this turn reaches its child app
      // only in the next turn.
      if (apps.length > 1) setImmediate(() => setImmediate(closeApps))
    },
  }
}
