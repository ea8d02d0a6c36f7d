import type { BuddyServer, BuddyServerOptions, BuddyServerSurroundings } from '@buddy-chat/server'
import { createBuddyServer } from '@buddy-chat/server'
import { test as base } from 'vitest'

/** A server that runs, and where. */
export interface RunningServer {
  readonly server: BuddyServer
  readonly url: string
}

/** Without STUN, the same two soon meet again, and nobody is waited for at the end. */
const quick = { port: 0, iceServers: [], rematchDelayMs: 100, shutdownTimeoutMs: 0 }

/** Starts real servers on ports of their own; each is closed when its test has ended. */
export const test = base.extend<{
  /** {@link quick} unless told otherwise. */
  readonly startServer: (
    options?: BuddyServerOptions,
    surroundings?: BuddyServerSurroundings,
  ) => Promise<RunningServer>
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  startServer: async ({}, use) => {
    const servers: BuddyServer[] = []
    await use(async (options = {}, surroundings = {}) => {
      const server = createBuddyServer({ ...quick, ...options }, surroundings)
      servers.push(server)
      const { url } = await server.listen()
      return { server, url }
    })
    await Promise.all(servers.map((server) => server.close()))
  },
})
