// Attacks by WebSocket frames that are no message: control frames, fragments, garbage.
import { RawClient } from '../integration/raw-client.ts'
import type { WireFrame } from '../integration/raw-socket.ts'
import { opcodes, wireFrame } from '../integration/raw-socket.ts'
import type { Attack, End, Scene } from './scene.ts'
import { again, countEnd, crowd, drop, pour } from './scene.ts'

const name = 'Mallory'
/** Flooded connections end by name; the name may be lost if the server closes on unread bytes. */
const flooded: readonly End[] = ['rate-limited', 'protocol-violation', 'cut']

/** Bytes of frames that differ, enough to keep a connection busy. */
function chunkOf({ random }: Scene, draw: () => WireFrame): Buffer {
  const frames: Buffer[] = []
  for (let bytes = 0; bytes < 65_536; bytes += frames.at(-1)!.length) frames.push(wireFrame(draw()))
  return Buffer.concat(random.chance(0.5) ? frames : frames.toReversed())
}

interface Flood {
  readonly what: string
  readonly draw: (scene: Scene) => WireFrame
  readonly connections?: number
  readonly isBeforeHello?: boolean
  /** What the server sends is never read. */
  readonly isUnread?: boolean
}

function flood(
  attack: string,
  { what, draw, connections = 1, isBeforeHello = false, isUnread = false }: Flood,
): Attack {
  return {
    name: attack,
    what: `${what} on ${connections}${isBeforeHello ? ', without a hello' : ''}`,
    endsBy: flooded,
    run: (scene) => {
      const chunk = chunkOf(scene, () => draw(scene))
      return crowd(scene, connections, async () => {
        const { url } = scene
        const client = await (isBeforeHello ? RawClient.connect(url) : RawClient.join(url, name))
        countEnd(scene, client)
        if (isUnread) client.socket.pause()
        await pour(scene, client.tcp, chunk)
        drop(client)
      })
    },
  }
}

const control =
  (opcode: number) =>
  ({ random }: Scene): WireFrame => ({ opcode, payload: random.bytes(random.below(126)) })

/** The longest frame a server accepts is an attacker's guess: it halves what was cut. */
const unfinished: Attack = {
  name: 'unfinished-messages',
  what: '64 connections, each with a message as long as is accepted, but for its last byte',
  run: async (scene) => {
    let bytes = 999_999
    const heads = new Map<number, Buffer>()
    const headOf = (length: number): Buffer => {
      const known = heads.get(length)
      const head = known ?? wireFrame({ payload: Buffer.alloc(length) }).subarray(0, -1)
      heads.set(length, head)
      return head
    }
    await crowd(scene, 64, async () => {
      const tried = bytes
      const client = await RawClient.join(scene.url, name)
      countEnd(scene, client)
      await pour(scene, client.tcp, headOf(tried), 1)
      const closed = new Promise<void>((resolve) => client.socket.once('close', () => resolve()))
      while (!scene.isOver() && !client.tcp.destroyed)
        await Promise.race([closed, scene.wait(1000)])
      if (!scene.isOver() && bytes > 8192) bytes = Math.min(bytes, Math.floor(tried / 2))
      drop(client)
    })
  },
}

/** A message in pieces of a byte. */
const fragments: Attack = {
  name: 'fragments',
  what: 'messages in fragments of one byte, which never end, on 16',
  endsBy: flooded,
  run: async (scene) => {
    const piece = { opcode: opcodes.continuation, payload: Buffer.alloc(1), isFinal: false }
    const chunk = chunkOf(scene, () => piece)
    await crowd(scene, 16, async () => {
      const client = await RawClient.join(scene.url, name)
      countEnd(scene, client)
      client.tcp.write(wireFrame({ ...piece, opcode: opcodes.binary }))
      await pour(scene, client.tcp, chunk)
      drop(client)
    })
  },
}

/** Bytes that are no frame, in the middle of a stream. */
const noise: Attack = {
  name: 'noise',
  what: 'random bytes where a frame should begin',
  endsBy: flooded,
  run: (scene) =>
    again(scene, async () => {
      const client = await RawClient.join(scene.url, name)
      countEnd(scene, client)
      await pour(scene, client.tcp, scene.random.bytes(4096))
      drop(client)
    }),
}

export const frameAttacks: readonly Attack[] = [
  flood('pongs', { what: 'pongs that answer nothing', draw: control(opcodes.pong) }),
  flood('pongs-before-hello', {
    what: 'pongs that answer nothing',
    draw: control(opcodes.pong),
    isBeforeHello: true,
  }),
  flood('pings', { what: 'pings', draw: control(opcodes.ping) }),
  flood('pings-before-hello', {
    what: 'pings',
    draw: control(opcodes.ping),
    isBeforeHello: true,
  }),
  flood('unread-pongs', {
    what: 'pings whose pongs are never read',
    draw: control(opcodes.ping),
    connections: 63,
    isUnread: true,
  }),
  flood('garbage', {
    what: 'messages of random bytes',
    draw: ({ random }) => ({ payload: random.bytes(random.below(200)) }),
    connections: 8,
  }),
  flood('empty-frames', {
    what: 'messages of no byte',
    draw: () => ({}),
    isBeforeHello: true,
    connections: 8,
  }),
  unfinished,
  fragments,
  noise,
]
