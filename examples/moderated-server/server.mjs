// A Buddy server inside a program that has a say in who comes in and in what is written.
import { createBuddyServer } from '@buddy-chat/server'
import { createModerator } from './moderator.mjs'

const { PORT = '3000', MODERATION_URL } = process.env
const isAllowed = createModerator(MODERATION_URL)

const refusedOrigins = new Set(['https://spam.example'])
const reservedName = /^(admin|moderator|support)\b/i
/** Whoever this many have reported is shut out for an hour. */
const reportsUntilBan = 3
const banMs = 3_600_000

/** Who has reported a person that is here, by session. */
const reportersOf = new Map()

const server = createBuddyServer(
  { port: Number(PORT), host: '127.0.0.1' },
  {
    // Any log with info, warn and error, such as pino. No name, text or address goes there.
    log: console,
    hooks: {
      // Before a word is said.
      onUpgrade: ({ origin }) => !refusedOrigins.has(origin),

      // May take its time, to look into a database, say.
      onConnect: async ({ name }) => (reservedName.test(name) ? { name: 'Guest' } : true),

      onMatch: ({ room, people, waitsMs }) => {
        console.log(`match ${room} after ${Math.round(Math.max(...waitsMs))} ms`)
        for (const { sessionId } of people) {
          if (!reportersOf.has(sessionId)) reportersOf.set(sessionId, new Set())
        }
      },

      // `false` keeps the line back, and its author is told so. When this fails, the line is kept
      // back too: a moderator that is down lets nothing through, and everybody else goes on.
      onText: ({ text }) => isAllowed(text),

      onReport: ({ from, aboutId, reason }) => {
        console.log(`report ${reason} about ${aboutId}`)
        // Whoever is reported may have gone already.
        const reporters = reportersOf.get(aboutId)?.add(from.sessionId)
        if (reporters?.size >= reportsUntilBan) server.ban(aboutId, banMs)
      },

      onDisconnect: ({ sessionId }, reason) => {
        reportersOf.delete(sessionId)
        console.log(`gone ${sessionId} ${reason}`)
      },
    },
  },
)

const { url } = await server.listen()
console.log(`Buddy is at ${url}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close())
