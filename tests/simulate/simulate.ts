// npm run simulate: replays the arrivals of visitors against the real engine with a clock of its own, and shows
// how long each kind of ticket waits. Exits with 1 if a rule of matching was broken.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { numberFlag, runCommand } from '../load/flags.ts'
import { createRandom } from '../load/random.ts'
import { drawArrivals, readTrace, writeTrace } from './arrival.ts'
import { plotWaits } from './plot.ts'
import { Simulation } from './simulation.ts'
import { tableOf } from './tally.ts'

function readOptions() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      users: { type: 'string' },
      present: { type: 'string' },
      steps: { type: 'string' },
      rooms: { type: 'string' },
      trace: { type: 'string' },
      record: { type: 'string' },
      svg: { type: 'string' },
    },
  })
  const fallback = Math.floor(Math.random() * 2 ** 32)
  const users = numberFlag('users', values.users, { fallback: 20_000, min: 2, max: 100_000_000 })
  return {
    seed: numberFlag('seed', values.seed, { fallback, min: 0, max: 2 ** 32 - 1 }),
    users,
    present: numberFlag('present', values.present, {
      fallback: Math.min(users, 500),
      min: 2,
      max: 1_000_000,
    }),
    maxSteps: numberFlag('steps', values.steps, {
      fallback: Infinity,
      min: 1,
      max: Infinity,
      isWhole: false,
    }),
    maxRooms: numberFlag('rooms', values.rooms, { fallback: 1_000_000, min: 1, max: 1_000_000 }),
    trace: values.trace,
    record: values.record,
    svg: values.svg ?? 'dist/simulate.svg',
  }
}

async function main(): Promise<boolean> {
  const { seed, users, present, maxSteps, maxRooms, trace, record, svg } = readOptions()
  const arrivals =
    trace === undefined ? drawArrivals(createRandom(seed), users, present) : readTrace(trace)
  if (record !== undefined) writeTrace(record, arrivals)
  console.log(`seed ${seed}, ${arrivals.length} arrivals`)
  const startedAt = performance.now()
  const result = new Simulation({ arrivals, seed, maxSteps, maxRooms }).run()
  const tookSeconds = (performance.now() - startedAt) / 1000
  const { steps, simulatedMs, kinds, repeats, matches, largestShare, maxWaiting, faults } = result
  console.log(`\n${tableOf(kinds)}\n`)
  console.log(`matches           ${matches}`)
  console.log(`of recent partners ${repeats}`)
  console.log(`largest share of one address ${(largestShare * 100).toFixed(1)} % of the matches`)
  console.log(`most tickets at once ${maxWaiting}`)
  console.log(
    `${steps} steps, ${(simulatedMs / 3_600_000).toFixed(1)} simulated hours, in ${tookSeconds.toFixed(1)} s`,
  )
  mkdirSync(dirname(svg), { recursive: true })
  writeFileSync(svg, plotWaits(kinds))
  console.log(`plot: ${svg}`)
  console.log(faults.length === 0 ? 'no broken rule' : `${faults.length} broken rules:`)
  for (const fault of faults.slice(0, 20)) console.log(`- ${fault}`)
  return faults.length === 0
}

await runCommand(main)
