// Buddy from the built checkout that is given on the command line, with the options of the scenario as JSON.
// The limits of an address are raised, because on some systems the whole load comes from one.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as server from '@buddy-chat/server'
import { report } from './report.ts'

const [checkout = '', options = '{}'] = process.argv.slice(2)
const path = join(checkout, 'packages/buddy-server/dist/index.js')
const { createBuddyServer } = (await import(pathToFileURL(path).href)) as typeof server

const buddy = createBuddyServer({
  port: 0,
  iceServers: [],
  maxUsers: 100_000,
  maxRooms: 50_000,
  maxConnectionsPerAddress: 100_000,
  maxSessionsPerAddress: 100_000,
  maxConnectsPerAddress: 1_000_000,
  ...(process.platform !== 'linux' && { fairSharePercent: 100 }),
  rematchDelayMs: 0,
  // Short, so that even a short measurement contains a heartbeat.
  pingIntervalMs: 5000,
  ...(JSON.parse(options) as server.BuddyServerOptions),
})
report((await buddy.listen()).port)
