// Runs each scenario of `npm run bench` with few users. The tests do not check the figures.
import { describe, expect, test } from 'vitest'
import { runCommand } from '../run-command.ts'
import { missingRedisMessage } from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { makeCheckout, ownCheckout } from './foreign-checkout.ts'

const small = ['--users', '20', '--rounds', '1']
const short = [...small, '--seconds', '0.2']

test.for([
  ['relay', '0.2', ['buddy', 'against', 'bare-uws', 'bare-ws']],
  ['text', '0.2', ['buddy', 'against', 'bare-uws', 'bare-ws']],
  ['connect', '0.2', ['buddy', 'against', 'bare-uws', 'bare-ws']],
  // Users press Next after 0.6 s.
  ['churn', '1', ['buddy', 'against']],
  ['idle', '0.2', ['buddy', 'against', 'bare-uws', 'bare-ws']],
] as const)(
  'prints figures of each server and of another checkout for the scenario %s',
  { timeout: 60_000 },
  async ([scenario, seconds, servers]) => {
    const args = ['--scenario', scenario, ...small, '--seconds', seconds, '--against', ownCheckout]
    const { code, output } = await runCommand('bench/bench.ts', ...args)
    expect(output).toMatch(new RegExp(`^\n${scenario}: `))
    const rows = [...output.matchAll(/^│ (\S+) +│ '-?\d/gm)].map(([, server]) => server)
    expect(rows).toEqual(servers)
    expect(output).toMatch(/│ buddy ÷ against +│ '\d/)
    expect(code).toBe(0)
  },
)

test('prints the matches in a second and the times of operations for the scenario matcher', async () => {
  const args = ['--scenario', 'matcher', '--users', '1000', '--seconds', '0.2', '--waiting', '2000']
  const { code, output } = await runCommand('bench/bench.ts', ...args)
  expect(output).toMatch(/matches\/s.*0–10 interests.*2000 waiting/s)
  expect(code).toBe(0)
}, 60_000)

if (missingRedisMessage) console.log(missingRedisMessage)

describe.skipIf(missingRedisMessage)('with Redis', { timeout: 60_000 }, () => {
  test('prints what pairs cost across nodes and in one node', async () => {
    const args = ['--scenario', 'relay', ...short, '--nodes', '2']
    const { code, output } = await runCommand('bench/bench.ts', ...args)
    expect(output).toMatch(/across-nodes.*in-node.*across-nodes ÷ in-node/s)
    expect(code).toBe(0)
  })

  test('prints matches, bytes and the costs of operations for the scenario redis-matcher', async () => {
    const args = ['--scenario', 'redis-matcher', '--users', '200', '--seconds', '0.5']
    const { code, output } = await runCommand('bench/bench.ts', ...args, '--waiting', '1000')
    expect(output).toMatch(/matches\/s.*commands\/match.*waiting ticket.*1000 waiting/s)
    expect(code).toBe(0)
  })

  test('prints matches by shards for the scenario redis-matcher with two shards', async () => {
    const args = ['--scenario', 'redis-matcher', '--users', '200', '--seconds', '0.2']
    const { code, output } = await runCommand('bench/bench.ts', ...args, '--shards', '2')
    expect(output).toMatch(/by shards.*1 shards.*2 shards.*quiet: median ms.*not busy.*2 shards/s)
    expect(code).toBe(0)
  })

  test('connects and matches all users of the scenario users at two nodes', async () => {
    const args = ['--scenario', 'users', ...short, '--interests', '0']
    const { code, output } = await runCommand('bench/bench.ts', ...args)
    expect(output).toMatch(/20 users at 2 nodes.*│ users +│ 20 +│/s)
    expect(code).toBe(0)
  })
})

test.for([
  ['throw new Error("no such wire")', /against: its process ended \(1\)\..*no such wire/s],
  [
    // A server that listens, and exits at the first connection.
    `import { createServer } from 'node:net'
     export const createBuddyServer = () => ({
       listen: () => new Promise((resolve) => {
         const server = createServer(() => process.exit(7))
         server.listen(0, () => resolve({ port: server.address().port }))
       }),
     })`,
    /relay with against failed: /,
  ],
] as const)(
  'exits with an error that names the server if a server crashes (%#)',
  async ([server, message]) => {
    const checkout = makeCheckout(server)
    const args = ['--scenario', 'relay', ...short, '--against', checkout]
    const { code, output } = await runCommand('bench/bench.ts', ...args)
    expect(output).toMatch(message)
    expect(code).toBe(1)
  },
)

test('bench/codec.ts prints figures of both codecs for each message', async () => {
  const { code, output } = await runCommand('bench/codec.ts', '--rounds', '2')
  const [header, ...rows] = output.split('\n').filter((line) => /^│.*\w/.test(line))
  expect(header).toMatch(/encode, own .*decode, own .*encode, msgpackr .*decode, msgpackr/)
  expect(rows).toHaveLength(8)
  for (const row of rows) expect(row).toMatch(/(?:│ [1-9]\d* +){5}│$/)
  expect(code).toBe(0)
})

test.for([
  ['--scenario', 'rely', /--scenario is "rely": it must be one of relay, /],
  ['--interests', '11', /--interests is "11": it must be a whole number from 0 to 10/],
  ['--users', '3', /--users is "3": it must be even/],
  ['--against', '/nowhere', /--against is "\/nowhere": there is no built checkout/],
] as const)('refuses %s "%s" with a one-line error', async ([flag, value, message]) => {
  const { code, output } = await runCommand('bench/bench.ts', flag, value)
  expect(output).toMatch(message)
  expect(output.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(2)
})
