// Which way media really goes, as the browser says.
import type { Visitor } from '../e2e/visitor.ts'

/** Where the two ends of a path are (`relay`, `srflx`, `host`, `prflx`), and how it begins here. */
export interface Path {
  readonly local: string
  readonly remote: string
  readonly protocol: string
}

/** The path `visitor`'s call goes by at present. */
export function pathOf(visitor: Visitor): Promise<Path> {
  return visitor.page.$eval('buddy-chat', async (element) => {
    const { client } = element as unknown as {
      client: { getStats(): Promise<RTCStatsReport | undefined> }
    }
    const stats = (await client.getStats())!
    const all = [...stats.values()] as Record<string, string>[]
    const transport = all.find(({ type }) => type === 'transport')
    const pair = stats.get(transport?.['selectedCandidatePairId'] ?? '')
    const [local, remote] = [stats.get(pair.localCandidateId), stats.get(pair.remoteCandidateId)]
    return {
      local: local.candidateType,
      remote: remote.candidateType,
      protocol: local.relayProtocol ?? local.protocol,
    }
  })
}
