// Runs the neighbours of an attack in a process of their own, so that the attacker's load does not
// delay them.
import { Neighbours } from '../load/neighbours.ts'

/** The messages of this process to its parent: one answer to each request, and faults at any time. */
export type NeighbourReport =
  | { readonly kind: 'started' }
  | { readonly kind: 'delays'; readonly delaysMs: readonly number[] }
  | { readonly kind: 'finished' }
  | { readonly kind: 'fault'; readonly text: string }

/** The requests of the parent: first `start`, then `delays` any number of times, then `finish`. */
export type NeighbourRequest =
  | { readonly kind: 'start'; readonly url: string; readonly localAddress: string }
  | { readonly kind: 'delays' }
  | { readonly kind: 'finish' }

const send = (report: NeighbourReport): void => void process.send?.(report)
const onFault = (text: string): void => send({ kind: 'fault', text })

let pair: Neighbours | undefined
process.on('message', async (request: NeighbourRequest) => {
  if (request.kind === 'start') {
    const { url, localAddress } = request
    pair = await Neighbours.start(url, { losesConnections: false, localAddress }, onFault)
    send({ kind: 'started' })
  } else if (request.kind === 'delays') {
    send({ kind: 'delays', delaysMs: (await pair?.takeDelaysMs()) ?? [] })
  } else {
    await pair?.finish()
    send({ kind: 'finished' })
  }
})
process.on('disconnect', () => process.exit())
