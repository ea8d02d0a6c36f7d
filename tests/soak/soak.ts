// npm run soak: people come and go against a server for a while. Ends with 1 where its memory, its
// descriptors or what keeps its event loop going has grown from the first half to the second.
import { parseArgs } from 'node:util'
import type { Figures } from '../load/measured-server.ts'
import { Neighbours } from '../load/neighbours.ts'
import { numberFlag, runCommand } from '../load/flags.ts'
import { createRandom, seedOf } from '../load/random.ts'
import { liftedLimits, startServerProcess } from '../load/server-process.ts'
import { visit } from './stranger.ts'

/** At the beginning code is compiled and pools find their size: that time is in neither half. */
const warmUpShare = 0.2
const samples = 40
/** How much higher the middle of the second half may be than the middle of the first. */
const tolerances: Readonly<Partial<Record<keyof Figures, number>>> = {
  heapBytes: 2 * 2 ** 20,
  residentBytes: 24 * 2 ** 20,
  descriptors: 20,
  resources: 4,
}
const graceMs = 3000

interface Options {
  readonly minutes: number
  readonly people: number
  readonly seed: number
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      people: { type: 'string' },
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
    people: numberFlag('people', values.people, { fallback: 200, min: 2, max: 10_000 }),
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

function show(taken: readonly Sample[]): void {
  const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
  console.table(
    taken
      .filter((_sample, index) => index % Math.ceil(taken.length / 12) === 0)
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

/** Compares the halves; false where something has grown beyond its tolerance. */
function isFlat(taken: readonly Sample[], onFault: (text: string) => void): boolean {
  const middle = Math.floor(taken.length / 2)
  const [first, second] = [taken.slice(0, middle), taken.slice(middle)]
  let hasPassed = true
  for (const [name, tolerance] of Object.entries(tolerances)) {
    const of = (half: readonly Sample[]): number =>
      median(half.map((sample) => sample[name as keyof Figures]))
    const growth = of(second) - of(first)
    console.log(`${name}: ${of(first)} → ${of(second)} (${growth}, may grow by ${tolerance})`)
    if (growth <= tolerance) continue
    hasPassed = false
    onFault(`${name} has grown by ${growth}`)
  }
  return hasPassed
}

async function main(): Promise<boolean> {
  const { minutes, people, seed } = readOptions()
  const faults = new Set<string>()
  const onFault = (text: string): void => {
    if (faults.size < 20 && !faults.has(text)) console.error(`FAULT: ${text}`)
    faults.add(text)
  }
  const server = await startServerProcess(
    { ...liftedLimits, resumeGraceMs: graceMs, rematchDelayMs: 500 },
    onFault,
  )
  console.log(`seed ${seed}: ${people} people at a time, ${minutes} minutes`)
  const pairs = [
    await Neighbours.meet(server.url, { isDropping: false }, onFault),
    await Neighbours.meet(server.url, { isDropping: true }, onFault),
  ]
  const counts = new Map<string, number>()
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)
  const endsAt = performance.now() + minutes * 60_000
  const isOver = (): boolean => performance.now() > endsAt || faults.size > 0
  let visits = 0
  const come = async (): Promise<void> => {
    while (!isOver()) {
      const index = visits++
      const soak = { url: server.url, isOver, count, onFault, wait }
      await visit(soak, createRandom(seedOf(seed, index)), `guest ${index}`).catch(
        (error: unknown) => onFault(`a visit failed: ${String(error)}`),
      )
    }
  }
  const everybody = Promise.all(Array.from({ length: people }, come))

  const taken: Sample[] = []
  const startedAt = performance.now()
  await wait(minutes * 60_000 * warmUpShare)
  const everyMs = (endsAt - performance.now()) / samples
  while (!isOver()) {
    await wait(everyMs)
    const figures = await server.measure(true)
    const atSeconds = Math.round((performance.now() - startedAt) / 1000)
    taken.push({ atSeconds, ...figures })
  }
  await everybody
  await server
    .until(
      ({ users, waiting, rooms }) => users === 4 && waiting === 0 && rooms === 2,
      graceMs + 20_000,
    )
    .catch((error: unknown) => onFault(`somebody is left behind: ${String(error)}`))
  for (const pair of pairs) await pair.part()

  show(taken)
  console.log([...counts].map(([what, times]) => `${what} ${times}`).join(', '))
  const said = pairs.map(({ figures }) => `${figures.said} (${figures.resumes} resumes)`)
  console.log(`neighbours said and heard ${said.join(' and ')}`)
  isFlat(taken, onFault)
  await server.stop()
  console.log(faults.size === 0 ? 'memory and handles are flat, nothing failed' : 'FAILED')
  return faults.size === 0
}

await runCommand(main)
process.exit()
