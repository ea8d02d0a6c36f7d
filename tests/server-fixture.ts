import type { BuddyServer, BuddyServerOptions } from '@buddy-chat/server'
import { createBuddyServer } from '@buddy-chat/server'
import { test as base } from 'vitest'

/** A server that runs, and where. */
export interface RunningServer {
  readonly server: BuddyServer
  readonly url: string
}

/** Starts real servers on ports of their own; each is closed when its test has ended. */
export const test = base.extend<{
  /** Without STUN, and the same two soon meet again, unless told otherwise. */
  readonly startServer: (options?: BuddyServerOptions) => Promise<RunningServer>
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  startServer: async ({}, use) => {
    const servers: BuddyServer[] = []
    await use(async (options = {}) => {
      const server = createBuddyServer({ port: 0, iceServers: [], rematchDelayMs: 100, ...options })
      servers.push(server)
      const { url } = await server.listen()
      return { server, url }
    })
    await Promise.all(servers.map((server) => server.close()))
  },
})
