// npm run bench -- regions [--rounds N]: what the distance between a server and Redis adds, with a real Redis behind
// connections that delay all bytes.
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { parseArgs } from 'node:util'
import { RedisClient } from '../../packages/buddy-server/src/engine/redis/redis-client.ts'
import { RedisServer } from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { numberFlag, runCommand } from './flags.ts'

/** The time that bytes take in one direction, in milliseconds: in one machine, a country, a continent, the world. */
const delaysMs = [0, 5, 20, 75]

/** `{ cfg: {}, commands: [] }` and `[]` in MessagePack. */
const emptyCall = Buffer.from('82a363666780a8636f6d6d616e647390', 'hex')
const emptyMessage = Uint8Array.of(0x90)

/** Listens on a free port, and passes all bytes on to another after `delayMs`, in both directions. */
async function delayed(port: number, delayMs: number): Promise<Server & { readonly url: string }> {
  const pipe = (from: Socket, to: Socket): void => {
    from.on('data', (bytes) => setTimeout(() => to.write(bytes), delayMs))
    from.on('close', () => to.destroy())
    from.on('error', () => to.destroy())
  }
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true })
    pipe(near, far)
    pipe(far, near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: own } = server.address() as { readonly port: number }
  return Object.assign(server, { url: `redis://127.0.0.1:${own}` })
}

/** A node at this distance from Redis, with functions that measure in milliseconds. */
async function createNode(url: string, nodeId: string) {
  let handleMessage = (): void => undefined
  const client = new RedisClient({
    url,
    onUp: () => undefined,
    onDown: (error) => console.error(error),
  })
  const link = client.link({ prefix: 'bench:', nodeId, onMessage: () => handleMessage() })
  await client.connect()
  return {
    client,
    async call(): Promise<number> {
      const startMs = performance.now()
      await link.call(emptyCall)
      return performance.now() - startMs
    },
    async sendTo(node: string, received: Promise<void>): Promise<number> {
      const startMs = performance.now()
      const published = link.publish(node, emptyMessage)
      await received
      const tookMs = performance.now() - startMs
      await published
      return tookMs
    },
    nextMessage: (): Promise<void> => new Promise((resolve) => (handleMessage = resolve)),
  }
}

async function medianOf(rounds: number, measure: () => Promise<number>): Promise<string> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) times.push(await measure())
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)]!.toFixed(1)
}

async function measureRegions(): Promise<boolean> {
  const { values } = parseArgs({ options: { rounds: { type: 'string' } } })
  const rounds = numberFlag('rounds', values.rounds, { fallback: 50, min: 1, max: 10_000 })
  const redis = await RedisServer.start()
  const near = await createNode(redis.url, 'near')
  console.log(
    'one way to Redis | a call, such as a match | a frame between this server and one beside Redis',
  )
  for (const delayMs of delaysMs) {
    const proxy = await delayed(redis.port, delayMs)
    const far = await createNode(proxy.url, `far ${delayMs}`)
    const call = await medianOf(rounds, () => far.call())
    const frame = await medianOf(rounds, () => far.sendTo('near', near.nextMessage()))
    console.log(`${delayMs} ms | ${call} ms | ${frame} ms`)
    far.client.close()
    proxy.close()
  }
  near.client.close()
  await redis.stop()
  return true
}

await runCommand(measureRegions)
