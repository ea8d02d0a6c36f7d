// The input of a simulation: the sessions with their times and criteria. A trace file has one arrival in JSON
// on each line, ordered by time.
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { FlagError } from '../load/flags.ts'
import type { Random } from '../load/random.ts'

const arrival = z.strictObject({
  /** When the person opens a session, in seconds from the beginning. */
  at: z.number().nonnegative(),
  /** How long the person stays, in seconds. */
  stay: z.number().positive(),
  /** The same person may come several times. */
  person: z.string().min(1),
  /** Several people may share an address, for example behind one router. */
  address: z.string().min(1),
  lobby: z.string().default(''),
  mode: z.enum(['video', 'audio', 'text']).default('video'),
  band: z.string().default(''),
  interests: z.array(z.string().min(1)).max(10).default([]),
  languages: z.array(z.string().min(1)).max(8).default([]),
  attributes: z.record(z.string(), z.string()).default({}),
  asks: z
    .array(z.strictObject({ attribute: z.string(), values: z.array(z.string()) }))
    .max(4)
    .default([]),
  keepsInterests: z.boolean().default(false),
  keepsLanguages: z.boolean().default(false),
})

/** One session of one person. */
export type Arrival = z.output<typeof arrival>

/**
 * Reads a trace file.
 * @throws FlagError that names the line, if the file cannot be read or a line is not an arrival
 */
export function readTrace(path: string): readonly Arrival[] {
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new FlagError(`--trace is "${path}": it cannot be read (${(error as Error).message}).`)
  }
  let lastAt = 0
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const fault = (reason: string) => new FlagError(`${path}, line ${index + 1}: ${reason}.`)
    let raw: unknown
    try {
      raw = JSON.parse(line)
    } catch {
      throw fault('it is not JSON')
    }
    const { success, data, error } = arrival.safeParse(raw)
    if (!success) throw fault(z.prettifyError(error).replaceAll(/\s+/g, ' '))
    if (data.at < lastAt) throw fault('it is earlier than the line before')
    lastAt = data.at
    return [data]
  })
}

/** Writes arrivals as a trace file. */
export function writeTrace(path: string, arrivals: readonly Arrival[]): void {
  writeFileSync(path, arrivals.map((each) => `${JSON.stringify(each)}\n`).join(''))
}

const topics = ['music', 'films', 'games', 'football', 'travel', 'cooking', 'books', 'art', 'chess']
const rareTopics = Array.from({ length: 400 }, (_, index) => `topic ${index}`)
const tongues = ['en', 'en', 'en', 'es', 'pt', 'fr', 'de', 'pl', 'hi', 'ar']
const regions = ['eu', 'uk', 'us', 'in', 'br']
/** The share of people who come from an address with many others, such as that of a school. */
const sharedAddressShare = 0.15
const meanStaySeconds = 900

/** Draws a time with the mean `mean` from an exponential distribution. */
export function drawTime(random: Random, mean: number): number {
  return -Math.log(1 - (random.below(2 ** 30) + 0.5) / 2 ** 30) * mean
}

function drawInterests({ below, chance, pick }: Random): string[] {
  const count = chance(0.4) ? 0 : 1 + below(chance(0.1) ? 10 : 4)
  const drawn = Array.from({ length: count }, () => pick(chance(0.8) ? topics : rareTopics))
  return [...new Set(drawn)]
}

/**
 * Draws arrivals of `users` people, some of whom come several times, at a rate at which about `present` of
 * them are present at the same time.
 */
export function drawArrivals(random: Random, users: number, present: number): readonly Arrival[] {
  const { below, chance, pick } = random
  let at = 0
  return Array.from({ length: users }, () => {
    at += drawTime(random, meanStaySeconds / present)
    const person = `p${below(Math.ceil(users * 0.8))}`
    const languages = chance(0.2) ? [] : [...new Set([pick(tongues), pick(tongues)])]
    return {
      at,
      stay: 10 + drawTime(random, meanStaySeconds),
      person,
      address: chance(sharedAddressShare) ? `school ${below(3)}` : `home of ${person}`,
      lobby: chance(0.1) ? 'quiet' : '',
      mode: chance(0.1) ? 'text' : 'video',
      band: chance(0.2) ? '13-17' : '18+',
      interests: drawInterests(random),
      languages,
      attributes: { region: pick(regions) },
      asks: chance(0.05) ? [{ attribute: 'region', values: [pick(regions), pick(regions)] }] : [],
      keepsInterests: chance(0.05),
      keepsLanguages: chance(0.05),
    }
  })
}
