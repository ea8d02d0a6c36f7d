// Buddy as built in the checkout that is named on the command line, without the limits that a load
// from one address would meet.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as server from '@buddy-chat/server'
import { report } from './report.ts'

const checkout = process.argv[2] ?? ''
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
  rematchDelayMs: 0,
  // A heartbeat must fall into a short measurement.
  pingIntervalMs: 5000,
})
report((await buddy.listen()).port)
