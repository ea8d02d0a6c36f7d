// npm run fuzz: runs conversations with mutated frames against a real server, over real sockets.
// Exits with 1 if the server logs an error, ends, stalls, delivers a message to the wrong user, accepts
// a forged token or leaks memory.
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

/** Number of conversations at a time. */
const conversationsAtOnce = 64
/**
 * By this share of the frames, the server has compiled its code, and its pools have reached their size.
 */
const warmUpShare = 0.2
/** Memory that grows by more than this after the warm-up counts as a leak. */
const maxHeapGrowthBytes = 4 * 2 ** 20
const maxResidentGrowthBytes = 48 * 2 ** 20
/** If nothing happens for this long, a conversation is waiting for an answer that will not arrive. */
const stallMs = 30_000
/** The grace time of the server. Long enough for a neighbour to resume, even on a busy machine. */
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

/** Resolves with the figures of the server once all users but the neighbours have gone. */
async function figuresAtRest(server: ServerProcess): Promise<Figures> {
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
  const firstFault = new Promise<void>((resolve) => (onFirstFault = resolve))
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
    console.log(faults.size === 0 ? 'nothing failed' : `FAILED: ${faults.size} faults`)
    return faults.size === 0
  }

  console.log(`seed ${seed}, ${frames} frames, ${conversationsAtOnce} conversations at a time`)
  const startedAt = performance.now()
  const journal = new Journal()
  const counts = new Map<string, number>()
  let countedAtMs = startedAt
  const count = (what: string, times = 1): void => {
    countedAtMs = performance.now()
    counts.set(what, (counts.get(what) ?? 0) + times)
  }
  const countOf = (what: string): number => counts.get(what) ?? 0
  const watchdog = setInterval(() => {
    if (performance.now() - countedAtMs > stallMs) onFault(`nothing happened for ${stallMs} ms`)
  }, 1000)

  let conversations = 0
  const converse = async (untilFrames: number): Promise<void> => {
    const converseInTurn = async (): Promise<void> => {
      while (countOf('frames') < untilFrames && faults.size === 0) {
        const index = conversations++
        const run = { url: server.url, journal, onFault, count }
        await new Conversation(run, createRandom(seedOf(seed, index)), `f${index}`).run()
      }
    }
    const all = Promise.all(Array.from({ length: conversationsAtOnce }, converseInTurn)).catch(
      (error: unknown) => onFault(`a conversation failed: ${String(error)}`),
    )
    await Promise.race([all, firstFault])
  }

  const fuzz = async (): Promise<void> => {
    const pairs = [
      await Neighbours.start(server.url, { losesConnections: false }, onFault),
      await Neighbours.start(server.url, { losesConnections: true }, onFault),
    ]
    await converse(frames * warmUpShare)
    if (faults.size > 0) return
    const before = await figuresAtRest(server)
    await converse(frames)
    if (faults.size > 0) return
    const after = await figuresAtRest(server)
    for (const pair of pairs) await pair.finish()
    printSummary(before, after, pairs)
    const heapGrowth = after.heapBytes - before.heapBytes
    const residentGrowth = after.residentBytes - before.residentBytes
    if (heapGrowth > maxHeapGrowthBytes) onFault(`the heap grew by ${mb(heapGrowth)}`)
    if (residentGrowth > maxResidentGrowthBytes) {
      onFault(`resident memory grew by ${mb(residentGrowth)}`)
    }
    if (after.descriptors > before.descriptors + 8) {
      onFault(`open descriptors grew from ${before.descriptors} to ${after.descriptors}`)
    }
  }

  function printSummary(before: Figures, after: Figures, pairs: readonly Neighbours[]): void {
    const seconds = (performance.now() - startedAt) / 1000
    const countsOf = (prefix: string): string =>
      [...counts]
        .filter(([what]) => what.startsWith(prefix))
        .sort(([, one], [, other]) => other - one)
        .map(([what, times]) => `${what.slice(prefix.length)} ${times}`)
        .join(', ')
    const neighbours = pairs.map(({ figures }) => figures)
    console.log(
      [
        `${countOf('frames')} frames (${countOf('mutated')} mutated) and ${countOf('garbage')} ` +
          `times random bytes in ${seconds.toFixed(1)} s: ` +
          `${Math.round(countOf('frames') / seconds)} frames a second`,
        `conversations ${conversations}, resumed ${countOf('resumed')}, ` +
          `not resumed ${countOf('not resumed')}, matched ${countOf('matched')}, ` +
          `texts received ${countOf('texts received')}`,
        `closed: ${countsOf('closed ')}`,
        `errors: ${countsOf('error ')}`,
        `neighbours: ${neighbours.map(({ sent }) => sent).join(' and ')} messages sent and received, ` +
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
      `The latest frames were written to ${file}.\n` +
        `To repeat this run: npm run fuzz -- --frames ${frames} --seed ${seed}\n` +
        `To replay these frames: npm run fuzz -- --replay ${file}`,
    )
  }
  await server.stop()
  console.log(faults.size === 0 ? 'nothing failed' : 'FAILED')
  return faults.size === 0
}

await runCommand(main)
// Ends the process even if a failed run has left connections open.
process.exit()
