// A part of the load of users.ts, in a process of its own. Sends the number of matched users to its parent, and
// 'arrived' when all its users are connected and search.
import * as wire from '@buddy-chat/protocol'
import { Crowd } from './crowd.ts'
import { anybody, createTastes } from './tastes.ts'

/** What the parent process passes as JSON. */
export interface LoadSetup {
  readonly ports: readonly number[]
  /** The index of the first user, which no other process has. */
  readonly first: number
  readonly count: number
  /** The maximum number of interests of a user. 0: users look for anybody. */
  readonly interests: number
}

const { ports, first, count, interests } = JSON.parse(process.argv[2] ?? '') as LoadSetup
process.on('disconnect', () => process.exit())
const crowd = new Crowd((index) => ports[index % ports.length]!, wire)
const matched = crowd.numberOf('matched')
let matches = 0
await crowd.arrive({
  count,
  first,
  // Few, because a node that is silent for two seconds is dead for the others.
  batchSize: 40,
  lobbyOf: () => '',
  tasteOf: interests === 0 ? () => anybody : createTastes(interests),
  mayWait: true,
  onFrame: (_user, number) => {
    if (number === matched) matches++
  },
})
const send = (message: number | string): void => void process.send?.(message)
setInterval(() => send(matches), 200)
send('arrived')
await crowd.unlessFailed(new Promise(() => undefined))
