// npm run soak: simulated users visit a server for some minutes. Exits with 1 if the server's memory,
// open descriptors or event loop resources were higher in the second half than in the first.
import { parseArgs } from 'node:util'
import type { Figures } from '../load/measured-server.ts'
import { Neighbours } from '../load/neighbours.ts'
import { numberFlag, runCommand } from '../load/flags.ts'
import { createRandom, seedOf } from '../load/random.ts'
import { liftedLimits, startServerProcess } from '../load/server-process.ts'
import { visit } from './visit.ts'

/**
 * The first part of the run belongs to neither half, because the server still compiles its code and
 * its pools still grow.
 */
const warmUpShare = 0.2
const sampleCount = 40
/** By how much the median of the second half may exceed the median of the first. */
const tolerances: Readonly<Partial<Record<keyof Figures, number>>> = {
  heapBytes: 2 * 2 ** 20,
  residentBytes: 24 * 2 ** 20,
  descriptors: 20,
  resources: 4,
}
const graceMs = 3000

interface Options {
  readonly minutes: number
  /** Number of simulated users at a time. */
  readonly users: number
  readonly seed: number
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      users: { type: 'string' },
      seed: { type: 'string' },
    },
  })
  const seed = Math.floor(Math.random() * 2 ** 32)
  return {
    minutes: numberFlag('minutes', values.minutes, {
      fallback: 5,
      min: 0.1,
      max: 10_000,
      isWhole: false,
    }),
    users: numberFlag('users', values.users, { fallback: 200, min: 2, max: 10_000 }),
    seed: numberFlag('seed', values.seed, { fallback: seed, min: 0, max: 2 ** 32 - 1 }),
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

interface Sample extends Figures {
  readonly atSeconds: number
}

function printTable(samples: readonly Sample[]): void {
  const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
  console.table(
    samples
      .filter((_sample, index) => index % Math.ceil(samples.length / 12) === 0)
      .map(({ atSeconds, users, away, rooms, ...sample }) => ({
        seconds: atSeconds,
        users,
        away,
        rooms,
        'heap MB': mb(sample.heapBytes),
        'resident MB': mb(sample.residentBytes),
        descriptors: sample.descriptors,
        resources: sample.resources,
      })),
  )
}

/** Compares the medians of the halves. Reports a fault for each that grew beyond its tolerance. */
function compareHalves(samples: readonly Sample[], onFault: (text: string) => void): void {
  const middle = Math.floor(samples.length / 2)
  const [first, second] = [samples.slice(0, middle), samples.slice(middle)]
  for (const [name, tolerance] of Object.entries(tolerances)) {
    const medianOf = (half: readonly Sample[]): number =>
      median(half.map((sample) => sample[name as keyof Figures]))
    const [before, after] = [medianOf(first), medianOf(second)]
    const growth = after - before
    console.log(`${name}: ${before} → ${after} (${growth}, may grow by ${tolerance})`)
    if (growth > tolerance) onFault(`${name} grew by ${growth}`)
  }
}

async function main(): Promise<boolean> {
  const { minutes, users, seed } = readOptions()
  const faults = new Set<string>()
  const onFault = (text: string): void => {
    if (faults.size < 20 && !faults.has(text)) console.error(`FAULT: ${text}`)
    faults.add(text)
  }
  const server = await startServerProcess(
    { ...liftedLimits, resumeGraceMs: graceMs, rematchDelayMs: 500 },
    onFault,
  )
  console.log(`seed ${seed}: ${users} users at a time, ${minutes} minutes`)
  const pairs = [
    await Neighbours.start(server.url, { losesConnections: false }, onFault),
    await Neighbours.start(server.url, { losesConnections: true }, onFault),
  ]
  const counts = new Map<string, number>()
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)
  const endsAt = performance.now() + minutes * 60_000
  const isOver = (): boolean => performance.now() > endsAt || faults.size > 0
  let visits = 0
  const visitRepeatedly = async (): Promise<void> => {
    while (!isOver()) {
      const index = visits++
      const soak = { url: server.url, isOver, count, onFault, wait }
      await visit(soak, createRandom(seedOf(seed, index)), `guest ${index}`).catch(
        (error: unknown) => onFault(`a visit failed: ${String(error)}`),
      )
    }
  }
  const allVisits = Promise.all(Array.from({ length: users }, visitRepeatedly))

  const samples: Sample[] = []
  const startedAt = performance.now()
  await wait(minutes * 60_000 * warmUpShare)
  const sampleEveryMs = (endsAt - performance.now()) / sampleCount
  while (!isOver()) {
    await wait(sampleEveryMs)
    const figures = await server.measure(true)
    const atSeconds = Math.round((performance.now() - startedAt) / 1000)
    samples.push({ atSeconds, ...figures })
  }
  await allVisits
  // Only the two pairs of neighbours may remain.
  await server
    .until(
      ({ users: present, waiting, rooms }) => present === 4 && waiting === 0 && rooms === 2,
      graceMs + 20_000,
    )
    .catch((error: unknown) => onFault(`a session, a ticket or a room remained: ${String(error)}`))
  for (const pair of pairs) await pair.finish()

  printTable(samples)
  console.log([...counts].map(([what, times]) => `${what} ${times}`).join(', '))
  const sent = pairs.map(({ figures }) => `${figures.sent} (${figures.resumes} resumes)`)
  console.log(`messages that neighbours sent and received: ${sent.join(' and ')}`)
  compareHalves(samples, onFault)
  await server.stop()
  console.log(faults.size === 0 ? 'memory and handles are flat, nothing failed' : 'FAILED')
  return faults.size === 0
}

await runCommand(main)
process.exit()
