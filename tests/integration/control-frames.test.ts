// The server answers some WebSocket pings of a client and ignores some pongs. It closes the connection
// on a flood of either.
import { expect } from 'vitest'
import { adminToken } from '../server-fixture.ts'
import { test } from './neighbours-fixture.ts'
import type { WireFrame } from './raw-socket.ts'
import { opcodes, RawSocket } from './raw-socket.ts'

const kinds = [
  ['pings', opcodes.ping],
  ['unsolicited pongs', opcodes.pong],
] as const
const openings = [
  ['before hello', (url: string) => RawSocket.open(url)],
  ['after hello', (url: string) => RawSocket.join(url)],
] as const

const frames = (count: number, frame: WireFrame): readonly WireFrame[] =>
  Array.from({ length: count }, () => frame)

async function metricsOf(url: string): Promise<string> {
  const headers = { authorization: `Bearer ${adminToken}` }
  return (await fetch(`${url}/metrics`, { headers })).text()
}

const floods = openings.flatMap(([when, open]) =>
  kinds.map(([what, opcode]) => ({ when, open, what, opcode })),
)

test.for(floods)(
  'closes the connection on a flood of $what, $when',
  async ({ open, opcode }, { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours({ adminToken })
    const socket = await open(url)
    socket.send(...frames(5000, { opcode, payload: Buffer.alloc(125) }))
    expect(await socket.ended()).toBeUndefined()
    await expect.poll(() => server.status()).toMatchObject({ users: 2, away: 0 })
    // After the first frame above the limit, the server ignores all frames that have already arrived.
    expect(socket.incoming.controls.length).toBeLessThanOrEqual(20)
    const headers = { authorization: `Bearer ${adminToken}` }
    const metrics = await (await fetch(`${url}/metrics`, { headers })).text()
    expect(metrics).toMatch(/^buddy_cuts_total\{code="rate-limited"\} 1$/m)
  },
)

test.for(openings)(
  'answers ten pings and ignores nine pongs, %s',
  async ([, open], { startWithNeighbours }) => {
    const { url } = await startWithNeighbours()
    const socket = await open(url)
    socket.send(...frames(9, { opcode: opcodes.pong }))
    socket.send(...frames(9, { opcode: opcodes.ping }))
    socket.send({ opcode: opcodes.ping, payload: Buffer.from('last') })
    await socket.pong('last')
    expect(socket.incoming.controls).toHaveLength(10)
  },
)

test('closes a connection that answers no ping, even if it sends unsolicited pongs', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours({ pingIntervalMs: 100, pingTimeoutMs: 100, adminToken })
  const socket = await RawSocket.join(url)
  const timer = setInterval(() => socket.send({ opcode: opcodes.pong }), 50)
  await socket.ended()
  clearInterval(timer)
  // A flood would be counted in `buddy_cuts_total`, so the number of pongs was not the reason.
  expect(await metricsOf(url)).not.toContain('buddy_cuts_total{')
})
