// npm run bench -- codec: the time to encode and to decode typical messages, with the codec of the protocol
// and with msgpackr in the way in which the server uses it.
import { parseArgs } from 'node:util'
import type { Codec, Message } from '@buddy-chat/protocol'
import { createCodec, decode, encode } from '@buddy-chat/protocol'
import { numberFlag, runCommand } from '../tests/load/flags.ts'
import { msgpackr } from '../tests/load/msgpackr.ts'

/** Calls in one measurement: so few that it mostly ends before the system runs another process. */
const callsAtOnce = 200

const codecs: readonly (readonly [name: string, codec: Codec])[] = [
  ['own', { encode, decode }],
  ['msgpackr', createCodec(msgpackr)],
]

const candidate = {
  candidate: 'candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host generation 0 ufrag abcd',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'abcd',
}
const signal = { type: 'signal', description: null, candidates: [], sending: null } as const

const cases: readonly (readonly [name: string, message: Message])[] = [
  ['stats', { type: 'stats', online: 1200, waiting: 30, rooms: 585 }],
  ['text, 24 bytes', { type: 'text', text: 'Where do you come from? '.slice(0, 24) }],
  ['text, 240 bytes', { type: 'text', text: 'Where do you come from? '.repeat(10) }],
  ['text, Cyrillic', { type: 'text', text: 'Привет, как дела? 👋' }],
  [
    'ticket',
    {
      type: 'ticket',
      mode: 'video',
      lobby: '',
      interests: ['jazz', 'chess'],
      languages: ['en'],
      offer: null,
    },
  ],
  [
    'hello, resuming',
    {
      type: 'hello',
      name: 'Ana',
      site: 'shop',
      client: 'buddy 0.1.0',
      token: null,
      resume: { token: 't'.repeat(300), received: 300, sent: 41, roomToken: 't'.repeat(150) },
    },
  ],
  ['3 candidates', { ...signal, candidates: [candidate, candidate, candidate], generation: null }],
  [
    'offer, 4 kB',
    {
      ...signal,
      description: { type: 'offer', sdp: 'a=rtpmap:111 opus/48000/2\r\n'.repeat(150) },
      generation: null,
    },
  ],
]

/** Returns the shortest time of a call in nanoseconds, of `rounds` measurements. */
function measure(act: () => unknown, rounds: number): number {
  let bestNs = Infinity
  for (let round = 0; round < rounds; round++) {
    const startedAt = process.hrtime.bigint()
    for (let call = 0; call < callsAtOnce; call++) act()
    bestNs = Math.min(bestNs, Number(process.hrtime.bigint() - startedAt) / callsAtOnce)
  }
  return Math.round(bestNs)
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options: { rounds: { type: 'string' } } })
  const rounds = numberFlag('rounds', values.rounds, { fallback: 1000, min: 1, max: 1e6 })
  const rows = cases.map(([name, message]) => {
    const frame = encode(message)
    const row: Record<string, number | string> = { message: name, bytes: frame.length }
    for (const [codec, functions] of codecs) {
      row[`encode, ${codec}`] = measure(() => functions.encode(message), rounds)
      row[`decode, ${codec}`] = measure(() => functions.decode(frame), rounds)
    }
    return row
  })
  console.log('codec: nanoseconds, the shortest time of each')
  console.table(rows)
  return true
}

await runCommand(main)
