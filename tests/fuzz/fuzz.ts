// npm run fuzz: mutates valid conversations over real sockets against a real server with its real
// limits, and looks whether it still does what it should. Ends with 1 where it does not.
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Figures } from '../load/measured-server.ts'
import { Neighbours } from '../load/neighbours.ts'
import { numberFlag, runCommand } from '../load/flags.ts'
import { createRandom, seedOf } from '../load/random.ts'
import type { ServerProcess } from '../load/server-process.ts'
import { liftedLimits, startServerProcess } from '../load/server-process.ts'
import { Conversation } from './conversation.ts'
import { Journal } from './journal.ts'
import { replay } from './replay.ts'

/** Conversations at a time. */
const people = 64
/** By then everything has been compiled and has its size. */
const warmUpShare = 0.2
/** More than this at the end than after warming up is a leak. */
const maxHeapGrowthBytes = 4 * 2 ** 20
const maxResidentGrowthBytes = 48 * 2 ** 20
/** Nothing at all for so long: somebody waits for what does not come. */
const stallMs = 30_000
/** Longer than a busy machine keeps a neighbour from coming back. */
const graceMs = 3000

interface Options {
  readonly frames: number
  readonly seed: number
  readonly replay: string | undefined
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      frames: { type: 'string' },
      seed: { type: 'string' },
      replay: { type: 'string' },
    },
  })
  const seed = Math.floor(Math.random() * 2 ** 32)
  return {
    frames: numberFlag('frames', values.frames, { fallback: 100_000, min: 1000, max: 1e9 }),
    seed: numberFlag('seed', values.seed, { fallback: seed, min: 0, max: 2 ** 32 - 1 }),
    replay: values.replay,
  }
}

const mb = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`

/** Resolves with the figures once only the neighbours are left. */
async function atRest(server: ServerProcess): Promise<Figures> {
  await server.until(
    ({ users, away, waiting, rooms }) => users === 4 && away === 0 && waiting === 0 && rooms === 2,
    graceMs + 20_000,
  )
  await server.measure(true)
  return server.measure(true)
}

async function main(): Promise<boolean> {
  const { frames, seed, replay: path } = readOptions()
  const faults = new Set<string>()
  let onFirstFault: () => void = () => undefined
  const failed = new Promise<void>((resolve) => (onFirstFault = resolve))
  const onFault = (text: string): void => {
    if (faults.size < 20 && !faults.has(text)) console.error(`FAULT: ${text}`)
    faults.add(text)
    onFirstFault()
  }
  const server = await startServerProcess(
    { ...liftedLimits, resumeGraceMs: graceMs, rematchDelayMs: 20 },
    onFault,
  )
  if (path !== undefined) {
    await replay(server.url, readFileSync(path, 'utf8'))
    await server.stop()
    console.log(faults.size === 0 ? 'nothing failed' : `${faults.size} failed`)
    return faults.size === 0
  }

  console.log(`seed ${seed}, ${frames} frames, ${people} conversations at a time`)
  const startedAt = performance.now()
  const journal = new Journal()
  const counts = new Map<string, number>()
  let latestAt = startedAt
  const count = (what: string, times = 1): void => {
    latestAt = performance.now()
    counts.set(what, (counts.get(what) ?? 0) + times)
  }
  const of = (what: string): number => counts.get(what) ?? 0
  const watchdog = setInterval(() => {
    if (performance.now() - latestAt > stallMs) onFault(`nothing happened for ${stallMs} ms`)
  }, 1000)

  let conversations = 0
  const goOn = async (untilFrames: number): Promise<void> => {
    const one = async (): Promise<void> => {
      while (of('frames') < untilFrames && faults.size === 0) {
        const index = conversations++
        const run = { url: server.url, journal, onFault, count }
        await new Conversation(run, createRandom(seedOf(seed, index)), `f${index}`).run()
      }
    }
    const all = Promise.all(Array.from({ length: people }, one)).catch((error: unknown) =>
      onFault(`a conversation failed: ${String(error)}`),
    )
    await Promise.race([all, failed])
  }

  const fuzz = async (): Promise<void> => {
    const pairs = [
      await Neighbours.meet(server.url, { isDropping: false }, onFault),
      await Neighbours.meet(server.url, { isDropping: true }, onFault),
    ]
    await goOn(frames * warmUpShare)
    if (faults.size > 0) return
    const before = await atRest(server)
    await goOn(frames)
    if (faults.size > 0) return
    const after = await atRest(server)
    for (const pair of pairs) await pair.part()
    report(before, after, pairs)
    const heap = after.heapBytes - before.heapBytes
    const resident = after.residentBytes - before.residentBytes
    if (heap > maxHeapGrowthBytes) onFault(`the heap has grown by ${mb(heap)}`)
    if (resident > maxResidentGrowthBytes) onFault(`memory has grown by ${mb(resident)}`)
    if (after.descriptors > before.descriptors + 8) {
      onFault(`${after.descriptors} descriptors are open, ${before.descriptors} were`)
    }
  }

  function report(before: Figures, after: Figures, pairs: readonly Neighbours[]): void {
    const seconds = (performance.now() - startedAt) / 1000
    const several = (prefix: string): string =>
      [...counts]
        .filter(([what]) => what.startsWith(prefix))
        .sort(([, one], [, other]) => other - one)
        .map(([what, times]) => `${what.slice(prefix.length)} ${times}`)
        .join(', ')
    const neighbours = pairs.map(({ figures }) => figures)
    console.log(
      [
        `${of('frames')} frames (${of('mutated')} mutated, ${of('garbage')} pieces of garbage) ` +
          `in ${seconds.toFixed(1)} s: ${Math.round(of('frames') / seconds)} a second`,
        `conversations ${conversations}, resumed ${of('resumed')}, ` +
          `started anew ${of('started anew')}, matched ${of('matched')}, lines heard ${of('heard')}`,
        `closed: ${several('closed ')}`,
        `errors: ${several('error ')}`,
        `neighbours: ${neighbours.map(({ said }) => said).join(' and ')} said and heard, ` +
          `${neighbours.map(({ resumes }) => resumes).join(' and ')} resumes`,
        `heap ${mb(before.heapBytes)} → ${mb(after.heapBytes)}, ` +
          `resident ${mb(before.residentBytes)} → ${mb(after.residentBytes)}, ` +
          `descriptors ${before.descriptors} → ${after.descriptors}, ` +
          `resources ${before.resources} → ${after.resources}`,
      ].join('\n'),
    )
  }

  try {
    await fuzz()
  } catch (error) {
    onFault(String(error))
  }
  clearInterval(watchdog)
  if (faults.size > 0) {
    const file = join(tmpdir(), `buddy-fuzz-${seed}.txt`)
    journal.write(file)
    console.error(
      `The latest frames are in ${file}.\n` +
        `The same again: npm run fuzz -- --frames ${frames} --seed ${seed}\n` +
        `Those frames alone: npm run fuzz -- --replay ${file}`,
    )
  }
  await server.stop()
  console.log(faults.size === 0 ? 'nothing failed' : 'FAILED')
  return faults.size === 0
}

await runCommand(main)
// Connections of a run that failed may still be open.
process.exit()
