// The neighbours of an attack, in a process of their own: the attacker's load must not delay them.
import { Neighbours } from '../load/neighbours.ts'

/** What the process reports. */
export type NeighbourReport =
  | { readonly kind: 'met' }
  | { readonly kind: 'delays'; readonly delaysMs: readonly number[] }
  | { readonly kind: 'parted' }
  | { readonly kind: 'fault'; readonly text: string }

/** `delays` of the messages since the last request; `part` compares what was sent and received. */
export type NeighbourRequest = 'delays' | 'part'

const send = (report: NeighbourReport): void => void process.send?.(report)
const onFault = (text: string): void => send({ kind: 'fault', text })

const [url = '', localAddress = ''] = process.argv.slice(2)
const pair = await Neighbours.meet(url, { isDropping: false, localAddress }, onFault)
process.on('message', async (request: NeighbourRequest) => {
  if (request === 'delays') send({ kind: 'delays', delaysMs: await pair.takeDelaysMs() })
  else {
    await pair.part()
    send({ kind: 'parted' })
  }
})
process.on('disconnect', () => process.exit())
send({ kind: 'met' })
