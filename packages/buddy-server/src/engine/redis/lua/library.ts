import { createHash } from 'node:crypto'
import { bans } from './bans.ts'
import { claims } from './claims.ts'
import { commands } from './commands.ts'
import { fairShare } from './fair-share.ts'
import { matchmaker } from './matchmaker.ts'
import { nodes } from './nodes.ts'
import { people } from './people.ts'
import { places } from './places.ts'
import { records } from './records.ts'
import { restate } from './restate.ts'
import { rooms } from './rooms.ts'
import { sessions } from './sessions.ts'
import { shards } from './shards.ts'
import { ticketIndex } from './ticket-index.ts'
import { tickets } from './tickets.ts'

const body = [
  records,
  tickets,
  people,
  places,
  ticketIndex,
  fairShare,
  matchmaker,
  rooms,
  claims,
  sessions,
  bans,
  restate,
  nodes,
  shards,
  commands,
].join('\n')

/**
 * The number of the format of what the function stores: which keys there are, of which type, and the fields of the
 * records in them. Raise it with each change that functions of another format could not read or would damage. It is
 * part of the names of all keys, so that nodes of two formats do not see each other's sessions, instead of destroying
 * them.
 */
export const recordFormat = 2

/**
 * The name of the function and of its library in Redis. It contains a hash of the source, so that servers of two
 * versions can use one Redis during a roll-out.
 */
export const functionName = `buddy_${createHash('sha256').update(body).digest('hex').slice(0, 12)}`

/** The source of the library, for `FUNCTION LOAD`. */
export const librarySource = `#!lua name=${functionName}\n${body}\nredis.register_function('${functionName}', handle)\n`
