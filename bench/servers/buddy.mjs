import { createBuddyServer } from '@buddy-chat/server'
import { report } from './report.mjs'

const server = createBuddyServer({
  port: 0,
  iceServers: [],
  maxUsers: 100_000,
  maxRooms: 50_000,
  maxConnectionsPerAddress: 100_000,
  maxConnectsPerAddress: 100_000,
})
report((await server.listen()).port)
