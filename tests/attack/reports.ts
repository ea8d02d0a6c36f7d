// Attacks on the reports that an operator receives. Each report must arrive, and only once.
import { parseMetrics } from '../integration/prometheus-text.ts'
import { RawClient } from '../integration/raw-client.ts'
import { visitorAddress } from './loopback.ts'
import type { Attack, Scene } from './scene.ts'
import { abort, repeatInParallel } from './scene.ts'

const visitor = { localAddress: visitorAddress }
/** Number of visitors who report their partner while the attackers cause matches. */
const reporters = 10
/** Few enough that the server accepts the connections of all attackers and visitors within a minute. */
const attackers = 200
/** A pause that keeps the client below the rate limit of `next`, 2 a second after a burst. */
const nextEveryMs = 550

/** Sends `next` continuously as one attacker; resolves when the attack is over. */
async function sendNexts(scene: Scene, name: string): Promise<void> {
  const client = await RawClient.join(scene.url, name)
  client.enter()
  // Uses the allowed burst first, and then stays below the rate limit.
  for (let time = 1; !scene.isOver() && client.socket.readyState === 1; time++) {
    client.send({ type: 'next', offer: null })
    scene.count('nexts')
    await scene.wait(time < 10 ? 50 : nextEveryMs)
  }
  abort(client)
}

const reportsInFlood: Attack = {
  name: 'reports-in-a-flood',
  what: `${reporters} visitors report their partners while attackers cause a flood of match webhooks; each report must arrive`,
  hasWebhooks: true,
  // With these limits, one address can do as much as attackers at many addresses: cause webhooks faster
  // than the receiver takes them.
  options: {
    rematchDelayMs: 0,
    maxUsers: 1000,
    maxRooms: 500,
    maxConnectionsPerAddress: 1000,
    maxSessionsPerAddress: 1000,
  },
  run: async (scene) => {
    const pairs = await Promise.all(
      Array.from({ length: reporters }, async (_, index) => {
        const one = await RawClient.join(scene.url, 'Ana', visitor)
        const other = await RawClient.join(scene.url, 'Bob', visitor)
        for (const client of [one, other]) client.enter({ lobby: `visitors ${index}` })
        await Promise.all([one.receive('matched'), other.receive('matched')])
        return [one, other] as const
      }),
    )
    const flood = repeatInParallel(scene, attackers, () => sendNexts(scene, 'Mallory'))
    for (const [one] of pairs) one.send({ type: 'report', reason: 'harassment', room: null })
    await flood
    const arrived = (await scene.webhooks('report', reporters)).length
    scene.count('reports', arrived)
    if (arrived < reporters) scene.onFault(`${arrived} of ${reporters} reports arrived`)
    abort(...pairs.flat())
  },
}

/** The session ids of the user who reported and of the reported partner. */
function sessionsOf(data: Readonly<Record<string, unknown>>): string {
  const from = data['from'] as { readonly session?: string } | undefined
  return `${from?.session} ${String(data['about'])}`
}

/** The number of reports that the server has accepted; it sends a webhook for each of them. */
async function acceptedReports({ url }: Scene): Promise<number> {
  const metrics = parseMetrics(await (await fetch(`${url}/metrics`)).text())
  return metrics.value('buddy_reports_total') ?? 0
}

const repeatedReports: Attack = {
  name: 'repeated-reports',
  what: 'one user meets two partners and reports them again and again; the operator must receive one report for each partner',
  hasWebhooks: true,
  options: { rematchDelayMs: 0 },
  run: async (scene) => {
    const lobby = 'alternating'
    const reporter = await RawClient.join(scene.url, 'Mallory')
    const partners = await Promise.all(
      ['Ana', 'Bob'].map((name) => RawClient.join(scene.url, name, visitor)),
    )
    // The reporter enters first, so that the server does not match the partners with each other.
    reporter.enter({ lobby })
    await reporter.receive('waiting')
    const rooms: string[] = []
    for (const partner of partners) {
      partner.enter({ lobby })
      rooms.push((await reporter.receive('matched')).room)
      reporter.send({ type: 'next', offer: null })
      // The next partner enters after the reporter, because the reporter never meets the same partner again.
      await reporter.settled()
      await partner.leave()
    }
    do {
      for (const room of [null, ...rooms, scene.random.pick(rooms)]) {
        reporter.send({ type: 'report', reason: 'spam', room })
        scene.count('reports sent')
      }
      await scene.wait(nextEveryMs)
    } while (!scene.isOver())
    // Once the server has handled every message, its count of reports is final.
    await reporter.settled()
    const accepted = await acceptedReports(scene)
    const reports = await scene.webhooks('report', accepted)
    scene.count('reports', reports.length)
    if (reports.length !== accepted) {
      scene.onFault(`${reports.length} of ${accepted} reports arrived`)
    }
    if (new Set(reports.map(({ data }) => sessionsOf(data))).size < reports.length) {
      scene.onFault('the operator received several reports of one partner')
    }
    if (accepted !== partners.length) scene.onFault(`${accepted} of 2 partners were reported`)
    abort(reporter)
  },
}

export const reportAttacks: readonly Attack[] = [reportsInFlood, repeatedReports]
