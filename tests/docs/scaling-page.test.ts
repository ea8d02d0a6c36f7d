// The arithmetic on docs/scaling.md follows from its measured figures.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const docs = join(import.meta.dirname, '../../docs')
const page = readFileSync(join(docs, 'scaling.md'), 'utf8')

/** Returns the cells of the rows of the table whose first headings are these. */
function rowsOf(...headings: readonly string[]): readonly (readonly string[])[] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) =>
    line.replaceAll(/ +/g, ' ').startsWith(`| ${headings.join(' | ')} |`),
  )
  expect(start).toBeGreaterThan(0)
  const rows = lines.slice(start + 2)
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}

const number = (text: string): number => Number.parseFloat(text.replaceAll(',', ''))

const figures = new Map(rowsOf('figure').map(([name = '', value = '']) => [name, number(value)]))
const figure = (start: string): number => {
  const [found, ...others] = [...figures].filter(([name]) => name.startsWith(start))
  expect(others).toEqual([])
  return found![1]
}

const usersPerServer = 15_000
const busy = 0.6
const framesOfCall = 60
const redisPerMatch =
  figure('Redis: CPU time for a match') / 1000 +
  (framesOfCall * figure('Redis: CPU time for a frame')) / 1e6

/** Returns the figures of a row, by the formulas on the page. */
function expected(users: number) {
  const matches = users / 120
  const cores =
    (users / 1000) * (figure('server: CPU time for 1000 users') / 1000) +
    (matches *
      (figure('server: CPU time for a match without Redis') +
        figure('server: CPU time of the engine'))) /
      1000 +
    ((users / 900) * figure('server: CPU time for an arrival')) / 1000
  const redisCores = matches * redisPerMatch
  return {
    matches,
    cores,
    servers: Math.ceil(Math.max(cores / busy, users / usersPerServer)) + 1,
    redisCores,
    redisServers: Math.ceil(redisCores / busy),
    redisMb: (users * figure('Redis: memory for a session')) / 1000,
  }
}

/** One server is enough for the first row, and needs no Redis. */
const sizes = rowsOf('users', 'matches a second', 'cores of servers').slice(1)

/** Checks a rounded figure. */
const expectNear = (shown: number, exact: number): void => {
  expect(shown).toBeGreaterThanOrEqual(exact * 0.85)
  expect(shown).toBeLessThanOrEqual(exact * 1.15)
}

test('the table has the sizes that an operator looks for', () => {
  expect(sizes.map(([users]) => users)).toEqual(['10,000', '100,000', '1,000,000', '10,000,000'])
})

test.for(sizes)(
  'the row for %s users follows from the figures',
  ([users, matches, cores, servers, redisCores, redisServers, memory]) => {
    const row = expected(number(users!))
    expectNear(number(matches!), row.matches)
    expectNear(number(cores!), row.cores)
    expect(number(servers!)).toBe(row.servers)
    expectNear(number(redisCores!), row.redisCores)
    expect(number(redisServers!)).toBe(row.redisServers)
    expectNear(number(memory!) * (memory!.endsWith('GB') ? 1000 : 1), row.redisMb)
  },
)

test('the limit of one Redis, and the memory of a server, follow from the figures', () => {
  const limitIn = (text: string): readonly string[] => {
    const pattern = /are (\d+) matches a second, which are ([\d,]+) users/
    return pattern.exec(text.replaceAll('\n', ' '))?.slice(1) ?? []
  }
  const limit = limitIn(page)
  expect(limitIn(readFileSync(join(docs, 'decisions/redis-shards.md'), 'utf8'))).toEqual(limit)
  const [matches = '', users = ''] = limit
  expectNear(number(matches), busy / redisPerMatch)
  expectNear(number(users), (busy / redisPerMatch) * 120)
  const [, memory = ''] = /15,000 × [\d.]+ kB = (\d+) MB/.exec(page) ?? []
  const exact =
    figure('memory of a server without users') +
    (usersPerServer * figure('memory of a server for each user')) / 1000
  expectNear(number(memory), exact)
})

test('each figure names the command by which it was measured, or the page that does', () => {
  for (const [name = '', , command = ''] of rowsOf('figure')) {
    expect(command, name).toMatch(
      /`npm run bench -- --scenario|limits\.md|the same run|redis-matcher/,
    )
  }
})
