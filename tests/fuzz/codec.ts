// npm run fuzz -- --codec: compares the codec of the protocol with msgpackr. Exits with 1 if they encode or
// decode anything differently, or if only one of them accepts a frame.
import { parseArgs } from 'node:util'
import type { Message, WireValue } from '@buddy-chat/protocol'
import { encode, ProtocolError } from '@buddy-chat/protocol'
import { numberFlag, runCommand } from '../load/flags.ts'
import type { Random } from '../load/random.ts'
import { createRandom, seedOf } from '../load/random.ts'
import { drawLooseFrame, drawMessage, drawValues } from './codec-cases.ts'
import type { Comparison } from './codec-differences.ts'
import { compareFrame, compareMessage, compareValues } from './codec-differences.ts'
import { mutate } from './mutate.ts'

/** One comparison, and what was compared, for the error message. */
interface Case {
  readonly input: Message | readonly WireValue[] | Uint8Array
  readonly comparison: Comparison
}

function ofMessage(random: Random): Case {
  const input = drawMessage(random)
  return { input, comparison: compareMessage(input) }
}

function ofValues(random: Random): Case {
  const input = drawValues(random)
  return { input, comparison: compareValues(input) }
}

function ofFrame(input: Uint8Array): Case {
  return { input, comparison: compareFrame(input) }
}

function mutated(frame: Uint8Array, random: Random): Uint8Array {
  let result = frame
  for (let times = 1 + random.below(3); times > 0; times--) {
    const changed = mutate(result, random)
    // A text frame is not for the codec.
    if (typeof changed !== 'string') result = changed
  }
  return result
}

function drawCase(random: Random): Case {
  switch (random.below(5)) {
    case 0:
      return ofMessage(random)
    case 1:
      return ofValues(random)
    case 2:
      return ofFrame(drawLooseFrame(random))
    case 3:
      return ofFrame(mutated(drawLooseFrame(random), random))
    default:
      return ofMutatedMessage(random)
  }
}

function ofMutatedMessage(random: Random): Case {
  for (;;) {
    try {
      return ofFrame(mutated(encode(drawMessage(random)), random))
    } catch (error) {
      // The message exceeded a limit.
      if (!(error instanceof ProtocolError)) throw error
    }
  }
}

function print(input: Case['input']): string {
  return input instanceof Uint8Array ? Buffer.from(input).toString('hex') : JSON.stringify(input)
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { cases: { type: 'string' }, seed: { type: 'string' } },
  })
  const cases = numberFlag('cases', values.cases, { fallback: 1_000_000, min: 1000, max: 1e9 })
  const fallback = Math.floor(Math.random() * 2 ** 32)
  const seed = numberFlag('seed', values.seed, { fallback, min: 0, max: 2 ** 32 - 1 })
  console.log(`seed ${seed}, ${cases} cases`)
  const startedAt = performance.now()
  let accepted = 0
  for (let index = 0; index < cases; index++) {
    const { input, comparison } = drawCase(createRandom(seedOf(seed, index)))
    if (comparison.difference !== undefined) {
      console.error(`FAULT: case ${index}: ${comparison.difference} differs for ${print(input)}`)
      console.log('FAILED')
      return false
    }
    if (comparison.isAccepted) accepted++
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${accepted} accepted, ${cases - accepted} refused, in ${seconds} s`)
  console.log('nothing failed')
  return true
}

await runCommand(main)
