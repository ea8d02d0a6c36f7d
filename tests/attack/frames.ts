// Attacks with WebSocket frames that hold no message: control frames, fragments, random bytes.
import { RawClient } from '../integration/raw-client.ts'
import type { WireFrame } from '../integration/raw-socket.ts'
import { opcodes, wireFrame } from '../integration/raw-socket.ts'
import type { Attack, CloseName, Scene } from './scene.ts'
import { abort, countClose, repeat, repeatInParallel, writeRepeatedly } from './scene.ts'

const name = 'Mallory'
/**
 * How the server closes a connection that floods it. The close code may be lost, because TCP resets the
 * connection if the server has unread bytes when it closes.
 */
const floodCloses: readonly CloseName[] = ['rate-limited', 'protocol-violation', 'cut']

/** Returns at least 64 kB of random frames, which is enough to keep a connection busy. */
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
  /** The attacker does not read what the server sends. */
  readonly isUnread?: boolean
}

/** The attacker sends the same frames again and again, as fast as the server takes them. */
function flood(
  attack: string,
  { what, draw, connections = 1, isBeforeHello = false, isUnread = false }: Flood,
): Attack {
  return {
    name: attack,
    what: `${what} on ${connections} connections${isBeforeHello ? ', without a hello' : ''}`,
    closesWith: floodCloses,
    run: (scene) => {
      const chunk = chunkOf(scene, () => draw(scene))
      return repeatInParallel(scene, connections, async () => {
        const { url } = scene
        const client = await (isBeforeHello ? RawClient.connect(url) : RawClient.join(url, name))
        countClose(scene, client)
        if (isUnread) client.socket.pause()
        await writeRepeatedly(scene, client.tcp, chunk)
        abort(client)
      })
    },
  }
}

const control =
  (opcode: number) =>
  ({ random }: Scene): WireFrame => ({ opcode, payload: random.bytes(random.below(126)) })

/**
 * The attacker does not know the longest message that the server accepts. It starts with 1 MB and
 * halves the length whenever the server closes the connection.
 */
const unfinishedMessages: Attack = {
  name: 'unfinished-messages',
  what: '64 connections, each with the longest accepted message without its last byte',
  run: async (scene) => {
    let bytes = 999_999
    const heads = new Map<number, Buffer>()
    const headOf = (length: number): Buffer => {
      const known = heads.get(length)
      const head = known ?? wireFrame({ payload: Buffer.alloc(length) }).subarray(0, -1)
      heads.set(length, head)
      return head
    }
    await repeatInParallel(scene, 64, async () => {
      const tried = bytes
      const client = await RawClient.join(scene.url, name)
      countClose(scene, client)
      await writeRepeatedly(scene, client.tcp, headOf(tried), 1)
      const closed = new Promise<void>((resolve) => client.socket.once('close', () => resolve()))
      while (!scene.isOver() && !client.tcp.destroyed)
        await Promise.race([closed, scene.wait(1000)])
      if (!scene.isOver() && bytes > 8192) bytes = Math.min(bytes, Math.floor(tried / 2))
      abort(client)
    })
  },
}

const fragments: Attack = {
  name: 'fragments',
  what: 'an endless message in fragments of one byte, on each of 16 connections',
  closesWith: floodCloses,
  run: async (scene) => {
    const fragment = { opcode: opcodes.continuation, payload: Buffer.alloc(1), isFinal: false }
    const chunk = chunkOf(scene, () => fragment)
    await repeatInParallel(scene, 16, async () => {
      const client = await RawClient.join(scene.url, name)
      countClose(scene, client)
      client.tcp.write(wireFrame({ ...fragment, opcode: opcodes.binary }))
      await writeRepeatedly(scene, client.tcp, chunk)
      abort(client)
    })
  },
}

const randomBytes: Attack = {
  name: 'random-bytes',
  what: 'random bytes instead of frames, after the hello',
  closesWith: floodCloses,
  run: (scene) =>
    repeat(scene, async () => {
      const client = await RawClient.join(scene.url, name)
      countClose(scene, client)
      await writeRepeatedly(scene, client.tcp, scene.random.bytes(4096))
      abort(client)
    }),
}

export const frameAttacks: readonly Attack[] = [
  flood('pongs', { what: 'unsolicited pongs', draw: control(opcodes.pong) }),
  flood('pongs-before-hello', {
    what: 'unsolicited pongs',
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
    what: 'pings, while the attacker does not read the pongs,',
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
    what: 'empty binary frames',
    draw: () => ({}),
    isBeforeHello: true,
    connections: 8,
  }),
  unfinishedMessages,
  fragments,
  randomBytes,
]
