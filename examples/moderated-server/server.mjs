// A Buddy server inside a program that decides who may connect, and which texts are relayed.
import { createBuddyServer } from '@buddy-chat/server'
import { createModerator } from './moderator.mjs'

const { PORT = '3000', MODERATION_URL } = process.env
const moderate = createModerator(MODERATION_URL)

const refusedOrigins = new Set(['https://spam.example'])
const reservedName = /^(admin|moderator|support)\b/i
/** A user is banned for an hour after reports from this many partners. */
const reportsUntilBan = 3
const banMs = 3_600_000

/** For each session id, the ids of the sessions that have reported it. */
const reportersOf = new Map()

const server = createBuddyServer(
  { port: Number(PORT), host: '127.0.0.1' },
  {
    // Any logger with the methods info, warn and error works. The server logs no names, texts or
    // addresses.
    log: console,
    hooks: {
      // Called before the first message of a connection.
      onUpgrade: ({ origin }) => !refusedOrigins.has(origin),

      // The hook may be asynchronous, for example to query a database.
      onConnect: async ({ name }) => (reservedName.test(name) ? { name: 'Guest' } : true),

      onMatch: ({ room, people, waitsMs }) => {
        console.log(`match ${room} after ${Math.round(Math.max(...waitsMs))} ms`)
        for (const { sessionId } of people) {
          if (!reportersOf.has(sessionId)) reportersOf.set(sessionId, new Set())
        }
      },

      // `false` drops the text, and its author gets the error `refused`. Another text replaces it. If the promise rejects, the
      // text is dropped too, so no text passes while the moderation service is down. Other users are
      // not affected.
      onText: ({ text }) => moderate(text),

      onReport: ({ from, aboutId, reason }) => {
        console.log(`report ${reason} about ${aboutId}`)
        // The reported session may have ended already.
        const reporters = reportersOf.get(aboutId)?.add(from.sessionId)
        if (reporters?.size >= reportsUntilBan) server.ban(aboutId, banMs)
      },

      onDisconnect: ({ sessionId }, reason) => {
        reportersOf.delete(sessionId)
        console.log(`disconnected ${sessionId} ${reason}`)
      },
    },
  },
)

const { url } = await server.listen()
console.log(`Buddy is at ${url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close())
