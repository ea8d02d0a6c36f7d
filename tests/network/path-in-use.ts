import type { Visitor } from '../e2e/visitor.ts'

/** The network path of a call, from this browser to the partner. */
export interface Path {
  /** The type of the local candidate: `relay`, `srflx`, `host` or `prflx`. */
  readonly local: string
  /** The type of the remote candidate. */
  readonly remote: string
  /** The transport to the relay if `local` is `relay`; otherwise the transport to the partner. */
  readonly protocol: string
}

/** Returns the path that the visitor's call uses now, according to the browser's statistics. */
export async function pathOf(visitor: Visitor): Promise<Path> {
  const stats = (await visitor.stats()) as Record<string, string>[]
  const byId = (id: string | undefined) => stats.find((each) => each['id'] === id)
  const transport = stats.find(({ type }) => type === 'transport')
  const pair = byId(transport?.['selectedCandidatePairId'])
  const local = byId(pair?.['localCandidateId'])
  const remote = byId(pair?.['remoteCandidateId'])
  return {
    local: local?.['candidateType'] ?? '',
    remote: remote?.['candidateType'] ?? '',
    protocol: local?.['relayProtocol'] ?? local?.['protocol'] ?? '',
  }
}
