// npm run attack: attacks on one server, each with a pair of neighbours at another address, whose
// messages are timed before and during the attack. Ends with 1 if a bound is broken; the goal for the
// delay is printed only.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { FlagError, listFlag, numberFlag, runCommand } from '../load/flags.ts'
import { createRandom, seedOf } from '../load/random.ts'
import type { ServerProcess } from '../load/server-process.ts'
import { startServerProcess } from '../load/server-process.ts'
import { writeSelfSigned } from '../self-signed.ts'
import { frameAttacks } from './frames.ts'
import { httpAttacks } from './http.ts'
import { hasLoopbackAddresses } from './loopback.ts'
import type { Delays } from './neighbour-pair.ts'
import { startNeighbourPair } from './neighbour-pair.ts'
import { reportAttacks } from './reports.ts'
import type { Attack, Scene } from './scene.ts'
import { sessionAttacks } from './sessions.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

const attacks = [...httpAttacks, ...frameAttacks, ...sessionAttacks, ...reportAttacks]
/** More memory than this, resident at any time of the attack, breaks a bound. */
const maxGrowthBytes = 64 * 2 ** 20
/** The goal: no message of a neighbour takes this much longer than without the attack. */
const goalMs = 100
const webhookDelayMs = 500
/** An attack whose connections must be ended goes on for so long until one is. */
const endPatienceMs = 5000
const limitMs = 120_000

interface Options {
  readonly names: readonly string[]
  readonly seed: number
  readonly seconds: number
  readonly checkout: string | undefined
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      attack: { type: 'string', multiple: true },
      seed: { type: 'string' },
      seconds: { type: 'string' },
      server: { type: 'string' },
    },
  })
  const seed = Math.floor(Math.random() * 2 ** 32)
  const checkout = values.server === undefined ? undefined : resolve(values.server)
  if (
    checkout !== undefined &&
    !existsSync(join(checkout, 'packages/buddy-server/dist/index.js'))
  ) {
    throw new FlagError(`--server is "${values.server}": there is no built checkout.`)
  }
  return {
    names: listFlag(
      'attack',
      values.attack,
      attacks.map(({ name }) => name),
    ),
    seed: numberFlag('seed', values.seed, { fallback: seed, min: 0, max: 2 ** 32 - 1 }),
    seconds: numberFlag('seconds', values.seconds, {
      fallback: 5,
      min: 0.1,
      max: 3600,
      isWhole: false,
    }),
    checkout,
  }
}

/** What an attack has led to. */
interface Outcome {
  readonly quiet: Delays
  readonly attacked: Delays
  readonly growthBytes: number
  readonly counts: ReadonlyMap<string, number>
  readonly faults: ReadonlySet<string>
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

async function carryOut(attack: Attack, { seed, seconds, checkout }: Options): Promise<Outcome> {
  const faults = new Set<string>()
  const onFault = (text: string): void => void (faults.size < 10 && faults.add(text))
  const counts = new Map<string, number>()
  const folder = mkdtempSync(join(tmpdir(), 'buddy-attack-'))
  const tls = attack.hasTls ? writeSelfSigned(folder) : undefined
  const receiver = attack.hasWebhooks ? await startWebhookReceiver(webhookDelayMs) : undefined
  const pair = startNeighbourPair(onFault)
  let server: ServerProcess | undefined
  try {
    server = await startServerProcess(
      {
        ...attack.options,
        ...(tls && { tlsCertFile: tls.certFile, tlsKeyFile: tls.keyFile }),
        ...(receiver && { webhookUrl: receiver.url, webhookSecret: 'x'.repeat(32) }),
      },
      onFault,
      checkout,
    )
    const url = server.url.replace('localhost', '127.0.0.1')
    await pair.meet(url)
    // Its first messages have met code that was not compiled yet.
    await wait(Math.min(300, seconds * 1000))
    await pair.takeDelays()
    await wait(seconds * 1000)
    const quiet = await pair.takeDelays()

    const { residentBytes } = await server.measure(false)
    const endsAtMs = performance.now() + seconds * 1000
    const leftMs = (): number => endsAtMs - performance.now()
    const { endsBy } = attack
    const wasEnded = (): boolean => !endsBy || endsBy.some((end) => counts.has(end))
    const isOver = (): boolean => leftMs() <= (wasEnded() ? 0 : -endPatienceMs)
    const scene: Scene = {
      url,
      random: createRandom(seed),
      isOver,
      wait: (ms) => wait(isOver() ? 0 : leftMs() > 0 ? Math.min(ms, leftMs()) : Math.min(ms, 10)),
      count: (what, times = 1) => void counts.set(what, (counts.get(what) ?? 0) + times),
      onFault,
      webhooks: receiver?.received ?? [],
    }
    await attack.run(scene)
    const attacked = await pair.takeDelays()
    const { peakResidentBytes } = await server.measure(false)
    await pair.part()
    const growthBytes = peakResidentBytes - residentBytes
    if (growthBytes > maxGrowthBytes) onFault(`memory grew by ${mb(growthBytes)}`)
    if (!wasEnded()) onFault(`no connection of the attacker was ended by ${endsBy?.join(', ')}`)
    return { quiet, attacked, growthBytes, counts, faults }
  } finally {
    await pair.stop()
    await server?.stop()
    receiver?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const mb = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`
const ms = ({ p99Ms, worstMs }: Delays): string => `${p99Ms.toFixed(0)} / ${worstMs.toFixed(0)}`

function showRow(name: string, { quiet, attacked, growthBytes, counts, faults }: Outcome): string {
  const isMet = attacked.worstMs - quiet.worstMs <= goalMs
  const what = [...counts]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([key, times]) => `${key} ${Math.round(times)}`)
  const verdict = faults.size > 0 ? 'FAIL' : isMet ? 'PASS' : 'MISS'
  const cells = [name, ms(quiet), ms(attacked), mb(growthBytes), what.join(', '), verdict]
  return `| ${cells.join(' | ')} |`
}

async function main(): Promise<boolean> {
  const options = readOptions()
  const { names, seed, seconds } = options
  if (!(await hasLoopbackAddresses())) {
    console.error(
      'Attacks need 127.0.0.2 and 127.0.0.3. On macOS: sudo ifconfig lo0 alias 127.0.0.2 (and 127.0.0.3).',
    )
    return false
  }
  console.log(
    `seed ${seed}, ${seconds} s each. Delays of the neighbours' messages in ms: p99 / worst. ` +
      `FAIL: a bound is broken. MISS: the worst delay grew by more than ${goalMs} ms.\n`,
  )
  console.log('| attack | without | with | memory | what happened | |')
  console.log('| --- | ---: | ---: | ---: | --- | --- |')
  const faults: string[] = []
  for (const [index, attack] of attacks.entries()) {
    if (!names.includes(attack.name)) continue
    const own = { ...options, seed: seedOf(seed, index) }
    const late = wait(limitMs + seconds * 3000).then((): never => {
      throw new Error(`${attack.name} did not end`)
    })
    late.catch(() => undefined)
    try {
      const outcome = await Promise.race([carryOut(attack, own), late])
      console.log(showRow(attack.name, outcome))
      for (const fault of outcome.faults) faults.push(`${attack.name}: ${fault}`)
    } catch (error) {
      faults.push(`${attack.name}: ${String(error)}`)
      console.log(`| ${attack.name} | | | | | FAIL |`)
    }
  }
  const again = `The same again: npm run attack -- --seconds ${seconds} --seed ${seed}`
  console.log(['', ...faults, faults.length > 0 ? again : 'no bound is broken'].join('\n'))
  return faults.length === 0
}

await runCommand(main)
process.exit()
