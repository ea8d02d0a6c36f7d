// npm run attack: runs each attack against a server of its own. Meanwhile two other users (the
// neighbours), who connect from another address, exchange messages; their delays are measured before
// and during the attack. Exits with 1 if the attack breaks a bound. A delay above the goal is printed,
// but does not change the exit code.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Answer, Delivery } from '../integration/webhook-receiver.ts'
import { startWebhookReceiver } from '../integration/webhook-receiver.ts'
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

const attacks = [...httpAttacks, ...frameAttacks, ...sessionAttacks, ...reportAttacks]
/** Bound: resident memory grows by at most this much at any time of the attack. */
const maxGrowthBytes = 64 * 2 ** 20
/** Goal: the attack increases the longest delay of the neighbours' messages by at most this much. */
const goalMs = 100
const webhookDelayMs = 500
/**
 * Long enough for ten reports, because the server sends four webhooks at a time and each takes half a
 * second.
 */
const webhooksTimeoutMs = 10_000
/**
 * An attack goes on for at most this long until the server has closed a connection that it must close.
 */
const closeTimeoutMs = 5000
const attackTimeoutMs = 120_000

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
    throw new FlagError(`--server is "${values.server}": it must be a built checkout.`)
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

/** The result of one attack. */
interface Outcome {
  /** Delays of the neighbours' messages before the attack. */
  readonly before: Delays
  /** Delays of the neighbours' messages during the attack. */
  readonly during: Delays
  readonly growthBytes: number
  readonly counts: ReadonlyMap<string, number>
  readonly faults: ReadonlySet<string>
}

const answerLate: Answer = (response) =>
  void setTimeout(() => response.writeHead(204).end(), webhookDelayMs)

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

async function runAttack(attack: Attack, { seed, seconds, checkout }: Options): Promise<Outcome> {
  const faults = new Set<string>()
  const onFault = (text: string): void => void (faults.size < 10 && faults.add(text))
  const counts = new Map<string, number>()
  const folder = mkdtempSync(join(tmpdir(), 'buddy-attack-'))
  const tls = attack.hasTls ? writeSelfSigned(folder) : undefined
  const receiver = attack.hasWebhooks ? await startWebhookReceiver(answerLate) : undefined
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
    await pair.start(url)
    // Ignores the delays of the first messages, because the JIT compiler has not compiled the server's code yet.
    await wait(Math.min(300, seconds * 1000))
    await pair.takeDelays()
    await wait(seconds * 1000)
    const before = await pair.takeDelays()

    const { residentBytes } = await server.measure(false)
    const endsAtMs = performance.now() + seconds * 1000
    const leftMs = (): number => endsAtMs - performance.now()
    const { closesWith } = attack
    const wasClosed = (): boolean => !closesWith || closesWith.some((close) => counts.has(close))
    const isOver = (): boolean => leftMs() <= (wasClosed() ? 0 : -closeTimeoutMs)
    const scene: Scene = {
      url,
      random: createRandom(seed),
      isOver,
      wait: (ms) => wait(isOver() ? 0 : leftMs() > 0 ? Math.min(ms, leftMs()) : Math.min(ms, 10)),
      count: (what, times = 1) => void counts.set(what, (counts.get(what) ?? 0) + times),
      onFault,
      webhooks: async (event, leastCount) => {
        const ofEvent = (all: readonly Delivery[]): Delivery[] =>
          all.filter((delivery) => delivery.event === event)
        await Promise.race([
          receiver?.received((all) => ofEvent(all).length >= leastCount),
          wait(webhooksTimeoutMs),
        ])
        return ofEvent(receiver?.deliveries ?? [])
      },
    }
    await attack.run(scene)
    const during = await pair.takeDelays()
    const { peakResidentBytes } = await server.measure(false)
    await pair.finish()
    const growthBytes = peakResidentBytes - residentBytes
    if (growthBytes > maxGrowthBytes) onFault(`memory grew by ${mb(growthBytes)}`)
    if (!wasClosed()) {
      onFault(`the server closed no connection of the attacker with ${closesWith?.join(' or ')}`)
    }
    return { before, during, growthBytes, counts, faults }
  } finally {
    await pair.stop()
    await server?.stop()
    receiver?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const mb = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`
const ms = ({ p99Ms, worstMs }: Delays): string => `${p99Ms.toFixed(0)} / ${worstMs.toFixed(0)}`

function tableRow(name: string, { before, during, growthBytes, counts, faults }: Outcome): string {
  const isGoalMet = during.worstMs - before.worstMs <= goalMs
  const countTexts = [...counts]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([key, times]) => `${key} ${Math.round(times)}`)
  const verdict = faults.size > 0 ? 'FAIL' : isGoalMet ? 'PASS' : 'MISS'
  const cells = [name, ms(before), ms(during), mb(growthBytes), countTexts.join(', '), verdict]
  return `| ${cells.join(' | ')} |`
}

async function main(): Promise<boolean> {
  const options = readOptions()
  const { names, seed, seconds } = options
  if (!(await hasLoopbackAddresses())) {
    console.error(
      'Attacks need the addresses 127.0.0.2 and 127.0.0.3. On macOS, add each of them: sudo ifconfig lo0 alias 127.0.0.2',
    )
    return false
  }
  console.log(
    `seed ${seed}, ${seconds} s per attack. Delays of the neighbours' messages in ms: p99 / longest. ` +
      `FAIL: the attack broke a bound. MISS: the longest delay grew by more than ${goalMs} ms.\n`,
  )
  console.log('| attack | delay before | during | memory growth | counts | verdict |')
  console.log('| --- | ---: | ---: | ---: | --- | --- |')
  const faults: string[] = []
  for (const [index, attack] of attacks.entries()) {
    if (!names.includes(attack.name)) continue
    const own = { ...options, seed: seedOf(seed, index) }
    const timeout = wait(attackTimeoutMs + seconds * 3000).then((): never => {
      throw new Error(`${attack.name} did not end in time`)
    })
    timeout.catch(() => undefined)
    try {
      const outcome = await Promise.race([runAttack(attack, own), timeout])
      console.log(tableRow(attack.name, outcome))
      for (const fault of outcome.faults) faults.push(`${attack.name}: ${fault}`)
    } catch (error) {
      faults.push(`${attack.name}: ${String(error)}`)
      console.log(`| ${attack.name} | | | | | FAIL |`)
    }
  }
  const rerun = `To repeat this run: npm run attack -- --seconds ${seconds} --seed ${seed}`
  console.log(['', ...faults, faults.length > 0 ? rerun : 'no attack broke a bound'].join('\n'))
  return faults.length === 0
}

await runCommand(main)
process.exit()
