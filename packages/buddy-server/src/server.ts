import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { MessageOf } from '@buddy-chat/protocol'
import { cleanText, closeCodes, encode } from '@buddy-chat/protocol'
import { Admission } from './limits/admission.ts'
import type { ConnectionContext } from './client-connection.ts'
import { ClientConnection } from './client-connection.ts'
import { createSystemClock } from './clock.ts'
import { createHttpRoutes } from './operations/http-routes.ts'
import type { Log } from './operations/log.ts'
import { silentLog } from './operations/log.ts'
import { Matchmaker } from './matchmaker.ts'
import type { BuddyServerOptions } from './config/options.ts'
import { defaultOptions } from './config/options.ts'
import { loadPublicFiles } from './operations/public-files.ts'
import { Rooms } from './rooms.ts'
import { RefusalCount } from './operations/refusal-count.ts'
import { Session } from './session.ts'
import { Sessions } from './sessions.ts'
import type { Status } from './operations/status.ts'
import { percent } from './operations/status.ts'
import type { Connection, ConnectionEvents } from './transport/transport.ts'
import { createUwsTransport } from './transport/uws-transport.ts'

/** How long a client stays away that found the server full: by then somebody has usually left. */
const fullRetryAfterMs = 10_000
/** Clients of a server that stops come back spread over this time. */
const goingAwaySpreadMs = 5000
/** A name for those who gave none. */
const stranger = 'Stranger'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

/** A signalling server: HTTP, WebSocket, queue and rooms. */
export interface BuddyServer {
  /**
   * Starts listening.
   * @returns the port, and the address on this machine
   * @throws Error with `code: 'EADDRINUSE'` where the port is taken, or after `close()`
   */
  listen(): Promise<{ readonly port: number; readonly url: string }>
  /** Users, rooms and load at this moment. */
  status(): Status
  /**
   * Tells every client to come back in a while, closes, and stops listening. Calls that run go
   * on between the browsers. Resolves when all is closed; a second call does nothing more.
   */
  close(): Promise<void>
}

const newId = (): string => randomBytes(12).toString('base64url')

/** How this machine reaches a server that listens on `host`. */
function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

/** Answers a connection that is not let in: nothing it says is heard. */
const deaf: ConnectionEvents = {
  onFrame: () => undefined,
  onPong: () => undefined,
  onBacklog: () => undefined,
  onClose: () => undefined,
}

/**
 * Makes a server, which opens nothing before `listen()`.
 * @throws Error where an option cannot be told to clients
 */
export function createBuddyServer(
  options: BuddyServerOptions = {},
  log: Log = silentLog,
): BuddyServer {
  const settings = { ...defaultOptions, ...options }
  const onInternalError = (error: unknown): void => log.error({ err: error }, 'a handler failed')
  const clock = createSystemClock(onInternalError)
  const startedAtMs = clock.now()
  let matches = 0

  const sessions = new Sessions(settings.maxUsers)
  const rooms = new Rooms({
    maxRooms: settings.maxRooms,
    createId: newId,
    onFreed: () => matchmaker.handleRoomFreed(),
  })
  const matchmaker = new Matchmaker<Session>({
    clock,
    rematchDelayMs: settings.rematchDelayMs,
    canOpenRoom: () => rooms.canOpen,
    onMatch: (waited, arrived) => {
      matches++
      rooms.open(waited, arrived)
    },
  })
  const admission = new Admission(settings)
  const connections = new Set<ClientConnection>()
  const refusals = new RefusalCount(log)
  let hasWarnedOfProxy = false

  const iceServers = settings.iceServers.map(({ urls, username, credential }) => ({
    urls,
    username: username ?? null,
    credential: credential ?? null,
  }))

  const welcome = (session: string, name: string): MessageOf<'welcome'> => {
    const heartbeatMs = settings.pingIntervalMs
    return { type: 'welcome', session, name, heartbeatMs, iceServers }
  }
  try {
    encode(welcome(newId(), 'n'.repeat(128)))
  } catch (cause) {
    throw new Error(`clients cannot be told these options: ${String(cause)}`, { cause })
  }

  const createSession: ConnectionContext['createSession'] = ({ name, site }, sendFrame) => {
    if (sessions.isFull) return undefined
    const session = new Session({ id: newId(), name: cleanText(name) || stranger, site }, sendFrame)
    sessions.add(session)
    return { session, welcome: welcome(session.id, session.name) }
  }

  function handleConnection(connection: Connection): ConnectionEvents {
    if (closed) {
      connection.close(closeCodes['going-away'], 'going-away')
      return deaf
    }
    warnOfUnknownProxy(connection)
    const admitted = admission.admit(connection.upgrade)
    if (!('release' in admitted)) {
      const { code, message, retryAfterMs } = admitted
      connection.send(encode({ type: 'error', code, message, retryAfterMs }))
      connection.close(closeCodes[code], code)
      refusals.add(code, connection.upgrade.origin)
      return deaf
    }
    const client = new ClientConnection(connection, {
      sessions,
      rooms,
      matchmaker,
      clock,
      createSession,
      fullRetryAfterMs,
      helloTimeoutMs: settings.helloTimeoutMs,
      onInternalError,
      onClosed: (session) => {
        admitted.release()
        connections.delete(client)
        if (session) sessions.remove(session)
        if (connections.size === 0) onceEmpty?.()
      },
    })
    connections.add(client)
    return client
  }

  /** Without this setting, everybody behind the proxy shares one address and its limit. */
  function warnOfUnknownProxy({ upgrade }: Connection): void {
    if (settings.trustedProxyHops > 0 || upgrade.forwardedFor === '' || hasWarnedOfProxy) return
    hasWarnedOfProxy = true
    log.warn('X-Forwarded-For is ignored: set TRUSTED_PROXY_HOPS if a proxy of yours sends it')
  }

  /** One beat: everyone hears something, and whoever was not heard for too long is ended. */
  function beat(): void {
    refusals.report()
    const silentSinceMs = clock.now() - settings.pingIntervalMs - settings.pingTimeoutMs
    for (const connection of connections) {
      if (connection.heardAtMs < silentSinceMs) connection.terminate()
      else connection.ping()
    }
    const { size: online } = sessions
    sessions.broadcast({ type: 'stats', online, waiting: matchmaker.size, rooms: rooms.size })
  }

  function status(): Status {
    return {
      status: 'healthy',
      version,
      uptime_seconds: Math.floor((clock.now() - startedAtMs) / 1000),
      users: sessions.size,
      max_users: sessions.maxUsers,
      load_percent: percent(sessions.size, sessions.maxUsers),
      waiting: matchmaker.size,
      rooms: rooms.size,
      max_rooms: rooms.maxRooms,
      room_percent: percent(rooms.size, rooms.maxRooms),
      matches,
    }
  }

  const files = loadPublicFiles(new URL('public/', import.meta.url))
  const transport = createUwsTransport(settings, {
    onRequest: createHttpRoutes({ files, status }),
    onConnection: handleConnection,
    onError: onInternalError,
  })

  let cancelBeat: (() => void) | undefined
  let closed: Promise<void> | undefined
  let onceEmpty: (() => void) | undefined

  async function close(): Promise<void> {
    cancelBeat?.()
    refusals.report()
    const everyoneGone = new Promise<void>((resolve) => (onceEmpty = resolve))
    for (const connection of connections) {
      const reconnectAfterMs = Math.floor(Math.random() * goingAwaySpreadMs)
      connection.send({ type: 'going-away', reconnectAfterMs })
      connection.close('going-away')
    }
    // Whatever is in the way of a close frame is not waited for.
    const cancelDeadline = clock.after(500, () => onceEmpty?.())
    if (connections.size > 0) await everyoneGone
    cancelDeadline()
    transport.close()
  }

  return {
    status,
    listen: async () => {
      if (closed) throw new Error('this server is closed: make another one')
      const port = await transport.listen(settings.host, settings.port)
      cancelBeat = clock.every(settings.pingIntervalMs, beat)
      log.info({ port }, 'listening')
      return { port, url: `http://${hostInUrl(settings.host)}:${port}` }
    },
    close: () => (closed ??= close()),
  }
}
