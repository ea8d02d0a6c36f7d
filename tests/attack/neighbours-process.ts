// The neighbours of an attack, in a process of their own: the attacker's load must not delay them.
import { Neighbours } from '../load/neighbours.ts'

/** What the process reports. */
export type NeighbourReport =
  | { readonly kind: 'met' }
  | { readonly kind: 'delays'; readonly delaysMs: readonly number[] }
  | { readonly kind: 'parted' }
  | { readonly kind: 'fault'; readonly text: string }

/** `meet` at a server, once; `delays` of the messages since the last request; `part` at the end. */
export type NeighbourRequest =
  | { readonly kind: 'meet'; readonly url: string; readonly localAddress: string }
  | { readonly kind: 'delays' }
  | { readonly kind: 'part' }

const send = (report: NeighbourReport): void => void process.send?.(report)
const onFault = (text: string): void => send({ kind: 'fault', text })

let pair: Neighbours | undefined
process.on('message', async (request: NeighbourRequest) => {
  if (request.kind === 'meet') {
    const { url, localAddress } = request
    pair = await Neighbours.meet(url, { isDropping: false, localAddress }, onFault)
    send({ kind: 'met' })
  } else if (request.kind === 'delays') {
    send({ kind: 'delays', delaysMs: (await pair?.takeDelaysMs()) ?? [] })
  } else {
    await pair?.part()
    send({ kind: 'parted' })
  }
})
process.on('disconnect', () => process.exit())
