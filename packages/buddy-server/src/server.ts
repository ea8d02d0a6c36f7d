import { hostname } from 'node:os'
import { newId } from './ids.ts'
import type { Cancel } from './clock.ts'
import { createSystemClock } from './clock.ts'
import { settings as allSettings } from './config/all-settings.ts'
import { ConfigError } from './config/config-error.ts'
import { dataDirWithoutKey } from './config/data-dir.ts'
import { redisWithoutKey } from './config/redis-settings.ts'
import type { BuddyServerOptions, ResolvedServerOptions } from './config/server-settings.ts'
import { defaultOptions } from './config/server-settings.ts'
import type { Core } from './core/core.ts'
import { createCore } from './core/core.ts'
import type { BuddyServer, BuddyServerSurroundings } from './embedding.ts'
import { createNotify } from './events.ts'
import { statsOf } from './handlers/ping.ts'
import { endConnections } from './connection/end-connections.ts'
import { createHeartbeat } from './connection/heartbeat.ts'
import { checkRedis } from './engine/redis/check-redis.ts'
import { RedisService } from './redis-service.ts'
import { createHookObserver } from './hooks/hook-observer.ts'
import { createClientAddress } from './limits/client-address.ts'
import { CapacityWatch } from './operations/capacity-watch.ts'
import { createHttpHandler } from './operations/http/handler.ts'
import {
  describeFaults,
  IncompleteFilesError,
  loadPublicFiles,
} from './operations/http/public-files.ts'
import { silentLog } from './operations/log/create-log.ts'
import { OpenFiles } from './operations/open-files.ts'
import { NodeWatch } from './operations/node-watch.ts'
import { Operations } from './operations/operations.ts'
import {
  ConnectionAcceptor,
  handOverAfterMs,
  reconnectAfterMs,
} from './connection/connection-acceptor.ts'
import { checkStore } from './safety/check-store.ts'
import { MemoryStore } from './safety/memory-store.ts'
import { markOfKey } from './safety/person-keys.ts'
import { UnreachableError } from './safety/redis-log-access.ts'
import { SqliteStore } from './safety/sqlite-store.ts'
import type { Store } from './safety/store.ts'
import { forEachInSlices } from './slices.ts'
import { createUwsTransport } from './transport/uws-transport.ts'
import { version } from './version.ts'

/** Maximum time that `close()` waits for queued webhooks. */
const webhooksTimeoutMs = 2000
/** How often the server checks the reports of the other nodes, in milliseconds. They report as often. */
const nodeWatchIntervalMs = 1000

/**
 * Returns the options, with the default for each missing or undefined one. So `undefined` cannot remove a
 * limit.
 */
function resolveOptions(options: BuddyServerOptions): ResolvedServerOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return { ...defaultOptions, ...Object.fromEntries(given) }
}

/** Returns the host for a URL by which this machine reaches a server that listens on `host`. */
function hostInUrl(host: string): string {
  if (['0.0.0.0', '::', '127.0.0.1'].includes(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

/**
 * Creates a server. It opens no socket before `listen()`.
 * @throws InvalidWelcomeError if clients cannot use an option (see `check-welcome.ts`); NativeAddonError if
 * uWebSockets.js cannot be loaded on this machine
 */
export function createBuddyServer(
  options: BuddyServerOptions = {},
  { log = silentLog, hooks = {}, onStopped }: BuddyServerSurroundings = {},
): BuddyServer {
  let settings = resolveOptions(options)
  if (settings.dataDir && !settings.secretKey) throw new ConfigError(dataDirWithoutKey)
  if (settings.redisUrl && !settings.secretKey) throw new ConfigError(redisWithoutKey)
  const onInternalError = (error: unknown): void =>
    log.error(
      { err: error },
      error instanceof UnreachableError ? error.message : 'a handler failed',
    )
  const clock = createSystemClock(onInternalError)
  let clientAddress = createClientAddress(settings)
  let closed: Promise<void> | undefined
  /** Why the server has closed itself. */
  let refusal: Error | undefined
  /** Whether new connections are refused. */
  let isRefusing = false

  const nodeId = newId()
  const openFiles = new OpenFiles({ log })
  const operations = new Operations({
    settings: () => settings,
    clock,
    log,
    version,
    isDraining: () => closed !== undefined,
    connections: () => connections.size,
    openFiles,
    counts: () => core.nodeCounts(),
    countsBySite: () => core.countsBySite(),
    crowd: {
      keyMark: () => keyMark,
      counts: () => core.counts(),
      nodes: () => core.engine.nodes,
      usersOf: (site) => core.engine.usersOf(site),
      nodeId,
    },
    redis: () => redis?.state,
    sites: () => core.sites.values(),
  })
  const notify = createNotify(
    [
      ...operations.observers,
      createHookObserver(hooks, onInternalError),
      {
        joined: () => lookAtCapacity(),
        restored: () => lookAtCapacity(),
        ended: () => lookAtCapacity(),
      },
    ],
    onInternalError,
  )
  const startedAtMs = Date.now()
  const keyMark = markOfKey(settings.secretKey)
  const nodeWatch = new NodeWatch({ log, keyMark })
  const redis = settings.redisUrl
    ? new RedisService({
        nodeId,
        settings: () => settings,
        log,
        onRefused: (reason) => void stopBecauseOf(reason),
        onDataLost: (pairs) => {
          core.restorePairs(pairs)
          core.safety.shareMeasures()
        },
        report: () => ({
          name: settings.nodeName || `${hostname()}:${settings.port}`,
          keyMark,
          version,
          startedAtMs,
          isDraining: closed !== undefined,
          maxUsers: settings.maxUsers,
          connections: connections.size,
          ...core.nodeCounts(),
        }),
      })
    : undefined
  const core: Core = createCore({
    nodeId,
    ...(redis && {
      sharedLog: { link: redis.logLink(), prefix: settings.redisPrefix, nodeId },
      createEngine: (given) => redis.createEngine(given),
    }),
    settings: () => settings,
    clock,
    notify,
    hooks,
    addressOf: (upgrade) => clientAddress(upgrade),
    onCallInterrupted: ({ link }) => {
      // During shutdown, a connection is closed as soon as its room ends or its partner loses the connection.
      // In the second case, both sessions continue their call at the next server process. If there are other
      // nodes, each connection is handed over when it is its turn.
      if (closed && !core.engine.hasOtherNodes) link?.close('going-away')
    },
    onRelayed: (bytes, readAtMs) => {
      const handlingMs = readAtMs === undefined ? undefined : () => clock.now() - readAtMs
      operations.metrics.onRelayed(bytes, handlingMs)
    },
    onInternalError,
  })
  const capacity = new CapacityWatch((level, percent) => notify('capacity', { level, percent }))
  const lookAtCapacity = (): void => capacity.check(core.nodeCounts().users, settings.maxUsers)

  const connections = createHeartbeat({
    clock,
    pingIntervalMs: settings.pingIntervalMs,
    pingTimeoutMs: () => settings.pingTimeoutMs,
    stats: () => statsOf(core.counts()),
  })
  const acceptor = new ConnectionAcceptor({
    connections,
    settings: () => settings,
    clock,
    log,
    core,
    notify,
    hooks,
    addressOf: (upgrade) => clientAddress(upgrade),
    isDraining: () => isRefusing,
    reconnectAfterMs: () => (core.engine.hasOtherNodes ? handOverAfterMs() : reconnectAfterMs()),
    isOutOfSockets: () => openFiles.isNearlyFull,
    onInternalError,
  })

  const publicFiles = loadPublicFiles()
  const http = createHttpHandler({
    settings: () => settings,
    clock,
    notify,
    operations,
    addressOf: (request) => clientAddress(request),
    publicFiles,
    isDraining: () => closed !== undefined,
    isEngineUp: () => core.engine.isUp,
    downShards: () => redis?.downShards ?? [],
    redisProblem: () => redis?.state.fault?.problem,
    moderation: core.safety.moderation,
  })
  const { tlsCertFile: certFile, tlsKeyFile: keyFile } = settings
  const transport = createUwsTransport(
    {
      ...settings,
      clock,
      silentAfterMs: settings.pingIntervalMs + settings.pingTimeoutMs,
      maxSockets: () => openFiles.maxSockets,
      ...(certFile && { tls: { certFile, keyFile } }),
    },
    {
      keepsBody: http.keepsBody,
      onRequest: http.onRequest,
      onConnection: (connection) => acceptor.handleConnection(connection),
      onError: onInternalError,
      onSockets: (count) => openFiles.handleSockets(count),
    },
  )

  let cancels: Cancel[] = []
  let isStoreOpen = false
  /** Whether the server has listened, so that there may be connections. */
  let hasListened = false

  /** Opens the data folder, if there is one. Does nothing at a second attempt to listen. */
  function openStore(): void {
    if (isStoreOpen) return
    const { dataDir } = settings
    useStore(dataDir ? new SqliteStore(dataDir) : new MemoryStore())
    isStoreOpen = true
  }

  function useStore(store: Store): void {
    try {
      core.openStore(store)
    } catch (error) {
      store.close()
      throw error
    }
  }

  function start(): void {
    cancels = [
      connections.start(),
      clock.every(settings.pingIntervalMs, () => operations.reportRefusals()),
      clock.every(settings.cleanupIntervalMs, () => {
        void core.sweepSessions().catch(onInternalError)
        void acceptor.sweep().catch(onInternalError)
        void http.sweep().catch(onInternalError)
      }),
      clock.every(settings.roomCleanupIntervalMs, () => {
        void core.sweepRooms().catch(onInternalError)
      }),
      clock.every(nodeWatchIntervalMs, () => nodeWatch.look(core.engine.nodes)),
    ]
    operations.start()
  }

  function reload(renewed: BuddyServerOptions): readonly string[] {
    const wanted = resolveOptions(renewed)
    const names = Object.keys(defaultOptions) as (keyof ResolvedServerOptions)[]
    const fixed = names.filter((name) => !allSettings[name].isReloadable)
    const isSame = (name: keyof ResolvedServerOptions): boolean =>
      JSON.stringify(wanted[name]) === JSON.stringify(settings[name])
    const kept = Object.fromEntries(fixed.map((name) => [name, settings[name]]))
    const previous = settings
    const needRestart = fixed.filter((name) => !isSame(name))
    settings = { ...wanted, ...kept }
    try {
      clientAddress = createClientAddress(settings)
      core.reload()
      // The certificate is reloaded last, because that cannot be undone.
      transport.reloadTls()
    } catch (error) {
      settings = previous
      clientAddress = createClientAddress(settings)
      core.reload()
      throw error
    }
    lookAtCapacity()
    openFiles.refresh(settings.maxUsers)
    void core.engine.reload().catch(onInternalError)
    return needRestart
  }

  async function close(): Promise<void> {
    if (hasListened) {
      await endConnections({
        clock,
        core,
        connections,
        acceptor,
        timeoutMs: settings.shutdownTimeoutMs,
        onRefuse: () => (isRefusing = true),
      })
    }
    for (const cancel of cancels) cancel()
    await forEachInSlices(core.sessions, (session) => core.sessions.end(session, 'stopped'))
    await core.engine.close()
    await core.safety.close()
    redis?.close()
    transport.close()
    await operations.close(webhooksTimeoutMs)
  }

  function stop(): Promise<void> {
    closed ??= Promise.resolve().then(close)
    return closed
  }

  async function stopBecauseOf(reason: Error): Promise<void> {
    if (closed) return
    log.error({ err: reason }, 'stopping, because the server must not run with these settings')
    refusal = reason
    await stop().catch(onInternalError)
    onStopped?.(reason)
  }

  /** @throws Error if the server was closed meanwhile */
  function requireOpen(): void {
    if (closed) throw refusal ?? new Error('this server is closed; create a new one')
  }

  async function listen(): Promise<{ readonly port: number; readonly url: string }> {
    await redis?.connect()
    requireOpen()
    openStore()
    await core.safety.connect()
    requireOpen()
    const port = await transport.listen(settings.host, settings.port)
    hasListened = true
    requireOpen()
    openFiles.refresh(settings.maxUsers)
    start()
    const scheme = settings.tlsCertFile ? 'https' : 'http'
    const url = `${scheme}://${hostInUrl(settings.host)}:${port}`
    log.info({ port, url }, 'listening')
    if (!settings.dataDir) {
      log.info('reports, bans and blocks end with this process: set DATA_DIR to keep them')
    }
    // The server goes on, because clients with a script from elsewhere can use it. But it is not ready.
    const faults = describeFaults(publicFiles)
    if (faults) log.error({ missing: publicFiles.missing, changed: publicFiles.changed }, faults)
    return { port, url }
  }

  return {
    status: () => operations.status(false),
    listen: async () => {
      requireOpen()
      if (hasListened) throw new Error('this server is listening already')
      try {
        return await listen()
      } catch (error) {
        // Otherwise its connections would keep the process running, and the other nodes would count it.
        if (redis) await stop()
        throw error
      }
    },
    check: async ({ isRunning = false, isWithoutRedis = false } = {}) => {
      const faults = describeFaults(publicFiles)
      if (faults) throw new IncompleteFilesError(faults)
      checkStore(settings.dataDir, isRunning)
      if (settings.redisUrl && !isWithoutRedis) await checkRedis(settings)
      if (isRunning) transport.checkTls()
      else await transport.check(settings.host, settings.port)
    },
    reload,
    ban: (sessionId, durationMs) => core.safety.ban(sessionId, durationMs),
    moderation: core.safety.moderation,
    close: stop,
  }
}
