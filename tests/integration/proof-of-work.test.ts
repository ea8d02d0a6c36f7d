// examples/proof-of-work: a server that admits new visitors only with a proof of work.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { RawClient } from './raw-client.ts'
import { watchProcess } from './watched-process.ts'

const folder = join(import.meta.dirname, '../../examples/proof-of-work')
const { solve } = (await import(join(folder, 'page/solve.js'))) as {
  solve: (challenge: string, bits: number) => Promise<string>
}
let url = ''
let page = ''

interface Challenge {
  readonly challenge: string
  readonly bits: number
}

beforeAll(async () => {
  const child = spawn(process.execPath, [join(folder, 'server.mjs')], {
    env: { PORT: '0', PAGE_PORT: '0', BITS: '10' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { matches, exited } = watchProcess(child)
  ;[, url = ''] = await matches(/^Buddy is at (\S+)$/m)
  ;[, page = ''] = await matches(/^The page is at (\S+)$/m)
  page = page.replace('localhost', '127.0.0.1')
  return async () => {
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
  }
}, 20_000)

const challengeOf = async (): Promise<Challenge> =>
  (await (await fetch(`${page}/challenge`)).json()) as Challenge

async function hello(proof: string | null, visitor: string | null = null): Promise<RawClient> {
  const client = await RawClient.connect(url)
  client.sendHello({ proof, visitor })
  return client
}

async function expectRefused(client: RawClient): Promise<void> {
  expect(await client.receive('error')).toMatchObject({ code: 'proof-required' })
  expect(await client.closed()).toEqual({ code: 4511, reason: 'refused' })
}

test('refuses a client without a proof by name, and admits one with a proof; a replayed proof is refused', async () => {
  await expectRefused(await hello(null))
  const { challenge, bits } = await challengeOf()
  const proof = await solve(challenge, bits)
  const admitted = await hello(proof)
  await admitted.receive('welcome')
  await expectRefused(await hello(proof))
})

test('refuses a proof with too little work, of a forged challenge, and of another text', async () => {
  const { challenge, bits } = await challengeOf()
  const [, number] = (await solve(challenge, bits)).split(':')
  await expectRefused(await hello(`${challenge}:${Number(number) + 1e9}`))
  await expectRefused(await hello(await solve(challenge.replace(/^\d+/, '9999999999999'), bits)))
  await expectRefused(await hello('nonsense'))
  // Refused proofs have not used up the challenge.
  await (await hello(`${challenge}:${number}`)).receive('welcome')
})

test('delivers the page and its scripts', async () => {
  expect(await (await fetch(`${page}/`)).text()).toContain(`data-server="${url}"`)
  for (const name of ['page.js', 'worker.js', 'solve.js']) {
    const { status, headers } = await fetch(`${page}/${name}`)
    expect([status, headers.get('content-type')]).toEqual([200, 'text/javascript'])
  }
})
