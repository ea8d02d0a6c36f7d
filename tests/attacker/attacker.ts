// npm run attacker: honest and lying clients meet on real servers, which are restarted in between. A witness
// knows the true person of each session. Exits with 1 if two people meet who must not, if the server accepts
// a forged claim, or if the operator receives a report that the server should have refused.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createBuddyServer } from '@buddy-chat/server'
import { numberFlag, runCommand } from '../load/flags.ts'
import type { Random } from '../load/random.ts'
import { createRandom, seedOf } from '../load/random.ts'
import { clubSecret } from './lies.ts'
import type { Ground, Person } from './session.ts'
import { enrol, runSession } from './session.ts'
import { Witness } from './witness.ts'

interface AttackerOptions {
  readonly sessions: number
  readonly seed: number
  /** How many sessions there are at a time. */
  readonly atOnce: number
  /** The number of server processes that use the same data, one after the other. */
  readonly servers: number
}

/** The result of a run. */
export interface AttackerResult {
  readonly faults: readonly string[]
  readonly counts: ReadonlyMap<string, number>
}

function drawPeople(random: Random, count: number): Person[] {
  return Array.from({ length: count }, (_, index) => {
    const site = random.chance(0.6) ? 'club' : 'open'
    return {
      name: `${site} person ${index}`,
      isLiar: random.chance(0.4),
      site,
      band: site === 'open' ? '18+' : random.pick(['13-17', '18+']),
      address: `127.${1 + random.below(250)}.${random.below(250)}.${2 + random.below(250)}`,
      visitorToken: undefined,
    }
  })
}

/** Runs the sessions, and resolves with the faults that the witness has found. */
export async function runAttacker(options: AttackerOptions): Promise<AttackerResult> {
  const { sessions, seed, atOnce, servers } = options
  const random = createRandom(seed)
  const people = drawPeople(random, Math.max(20, Math.ceil(sessions / 10)))
  const witness = new Witness()
  const dataDir = mkdtempSync(join(tmpdir(), 'buddy-attacker-'))
  const bands = { ageBands: ['13-17', '18+'], defaultAgeBand: '18+', attributes: ['region'] }
  try {
    for (let index = 0; index < servers; index++) {
      const server = createBuddyServer(
        {
          port: 0,
          host: '127.0.0.1',
          secretKey: 'the secret key of this run, long enough',
          dataDir,
          rematchDelayMs: 50,
          // All clients press Next at once, so they would reach the limit of shares, which this test is not
          // about.
          fairSharePercent: 100,
          avoidRecentMs: 0,
          banAfterReports: 0,
          slowAfterReports: 0,
          sites: [
            { key: 'club', allowedOrigins: ['*'], secret: clubSecret, ...bands },
            { key: 'open', allowedOrigins: ['*'], ...bands },
          ],
        },
        { hooks: witness.hooks },
      )
      const { url } = await server.listen()
      const ground: Ground = { url, witness, rooms: [], foreignTokens: [] }
      if (index === 0) for (const person of people) await enrol(person, ground)
      let left = Math.ceil(sessions / servers)
      const worker = async (lane: number): Promise<void> => {
        const own = createRandom(seedOf(seed, index * atOnce + lane))
        while (left-- > 0) {
          witness.count('sessions')
          await runSession(own.pick(people), own, ground)
        }
      }
      await Promise.all(Array.from({ length: atOnce }, (_, lane) => worker(lane)))
      await server.close()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
  return { faults: witness.faults, counts: witness.counts }
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      sessions: { type: 'string' },
      seed: { type: 'string' },
      servers: { type: 'string' },
    },
  })
  const fallback = Math.floor(Math.random() * 2 ** 32)
  const seed = numberFlag('seed', values.seed, { fallback, min: 0, max: 2 ** 32 - 1 })
  const sessions = numberFlag('sessions', values.sessions, { fallback: 10_000, min: 1, max: 1e7 })
  const servers = numberFlag('servers', values.servers, { fallback: 4, min: 1, max: 100 })
  console.log(`seed ${seed}`)
  const { faults, counts } = await runAttacker({ sessions, seed, servers, atOnce: 200 })
  for (const [what, count] of [...counts].toSorted()) console.log(`${what}: ${count}`)
  console.log(faults.length === 0 ? 'nothing forbidden has happened' : `${faults.length} faults:`)
  for (const fault of faults.slice(0, 20)) console.log(`- ${fault}`)
  return faults.length === 0
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) await runCommand(main)
