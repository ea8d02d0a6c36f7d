import type { BuddyServer, BuddyServerOptions, BuddyServerSurroundings } from '@buddy-chat/server'
import { createBuddyServer } from '@buddy-chat/server'
import { test as base } from 'vitest'

/** A running server and its URL. */
export interface RunningServer {
  readonly server: BuddyServer
  readonly url: string
}

/** A value for the setting `adminToken`, long enough to be accepted. */
export const adminToken = 'the-token-of-these-tests-0123456789abcdef'

/**
 * The server uses no STUN, matches the same two users again after 100 ms, and does not wait for
 * sessions when it stops.
 */
const testDefaults = { port: 0, iceServers: [], rematchDelayMs: 100, shutdownTimeoutMs: 0 }

/** Starts real servers, each on a free port, and closes them when the test ends. */
export const test = base.extend<{
  /** Starts a server with {@link testDefaults}, overridden by `options`. */
  readonly startServer: (
    options?: BuddyServerOptions,
    surroundings?: BuddyServerSurroundings,
  ) => Promise<RunningServer>
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
  startServer: async ({}, use) => {
    const servers: BuddyServer[] = []
    await use(async (options = {}, surroundings = {}) => {
      const server = createBuddyServer({ ...testDefaults, ...options }, surroundings)
      servers.push(server)
      const { url } = await server.listen()
      return { server, url }
    })
    await Promise.all(servers.map((server) => server.close()))
  },
})
