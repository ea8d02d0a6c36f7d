// Uses the types of the server as a Node program does.
import type { BuddyServer, BuddyServerHooks, BuddyServerOptions } from '@buddy-chat/server'
import { createBuddyServer, verifySignature } from '@buddy-chat/server'

const options: BuddyServerOptions = { port: 0, secretKey: process.env['SECRET_KEY'] }
// @ts-expect-error -- an option that does not exist
export const wrong: BuddyServerOptions = { prot: 0 }
const hooks: BuddyServerHooks = {
  onConnect: ({ name, origin }) => name.length > 0 && origin !== undefined,
}
export const server: BuddyServer = createBuddyServer(options, { hooks })
export const isGenuine: boolean = verifySignature({
  secret: 'secret',
  header: undefined,
  body: new Uint8Array(),
  nowMs: Date.now(),
})
