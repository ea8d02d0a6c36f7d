// Attacks on what an operator receives: reports must arrive, each once.
import { RawClient } from '../integration/raw-client.ts'
import { visitorAddress } from './loopback.ts'
import type { Attack, Scene } from './scene.ts'
import { crowd, drop } from './scene.ts'

const visitor = { localAddress: visitorAddress }
/** Visitors who report their partner while matches flood. */
const reporters = 10
/** Within the connects that an address may have in a minute, visitors included. */
const attackers = 200
/** Below the rate of `next`, 2 a second, once its burst is used up. */
const nextEveryMs = 550
const lookEveryMs = 100
/** A receiver that takes half a second for each of four at a time needs 2 s for all the reports. */
const patienceMs = 10_000

const reportsIn = ({ webhooks }: Scene) => webhooks.filter(({ event }) => event === 'report')

/** One attacker that presses Next all the time; resolves when the time is over. */
async function pressNext(scene: Scene, name: string): Promise<void> {
  const client = await RawClient.join(scene.url, name)
  client.enter()
  // The burst of `next` at once, and then as the rate allows.
  for (let time = 1; !scene.isOver() && client.socket.readyState === 1; time++) {
    client.send({ type: 'next', offer: null })
    scene.count('presses')
    await scene.wait(time < 10 ? 50 : nextEveryMs)
  }
  drop(client)
}

const reportsInFlood: Attack = {
  name: 'reports-in-a-flood',
  what: `${reporters} visitors report their partners while matches flood; each report must arrive`,
  hasWebhooks: true,
  // A crowd from everywhere, which fills a queue of webhooks faster than a receiver takes them.
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
    const flood = crowd(scene, attackers, () => pressNext(scene, 'Mallory'))
    for (const [one] of pairs) one.send({ type: 'report', reason: 'harassment', room: null })
    await flood
    const endsAtMs = performance.now() + patienceMs
    while (reportsIn(scene).length < reporters && performance.now() < endsAtMs) {
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
    }
    const arrived = reportsIn(scene).length
    scene.count('reports', arrived)
    if (arrived < reporters) scene.onFault(`${arrived} of ${reporters} reports arrived`)
    drop(...pairs.flat())
  },
}

/** The ids of the two that a report is about. */
function partiesOf(data: Readonly<Record<string, unknown>>): string {
  const from = data['from'] as { readonly session?: string } | undefined
  return `${from?.session} ${String(data['about'])}`
}

/** Presses Next when the partner has left, until the connection ends. */
async function stay(client: RawClient): Promise<void> {
  try {
    for (;;) {
      await client.receive('partner-left')
      client.send({ type: 'next', offer: null })
    }
  } catch {
    // The attack is over.
  }
}

const repeatedReports: Attack = {
  name: 'repeated-reports',
  what: 'one user reports two partners in turn; each must be reported once',
  hasWebhooks: true,
  options: { rematchDelayMs: 0 },
  run: async (scene) => {
    const lobby = 'alternating'
    const reporter = await RawClient.join(scene.url, 'Mallory')
    const partners = await Promise.all(
      ['Ana', 'Bob'].map((name) => RawClient.join(scene.url, name, visitor)),
    )
    // First, so that the partners do not meet each other.
    reporter.enter({ lobby })
    await reporter.receive('waiting')
    for (const client of partners) client.enter({ lobby })
    for (const client of partners) void stay(client)
    const rooms: string[] = []
    while (!scene.isOver()) {
      rooms.push((await reporter.receive('matched')).room)
      for (const room of [null, rooms.at(-1)!, scene.random.pick(rooms)]) {
        reporter.send({ type: 'report', reason: 'spam', room })
        scene.count('reports sent')
      }
      await scene.wait(nextEveryMs)
      reporter.send({ type: 'next', offer: null })
    }
    await reporter.settled()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const reports = reportsIn(scene).map(({ data }) => partiesOf(data))
    scene.count('reports', reports.length)
    if (new Set(reports).size < reports.length) scene.onFault('a partner was reported repeatedly')
    drop(reporter, ...partners)
  },
}

export const reportAttacks: readonly Attack[] = [reportsInFlood, repeatedReports]
