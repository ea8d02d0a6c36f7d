import type { CloseCode } from '@buddy-chat/protocol'
import { closeCodes } from '@buddy-chat/protocol'
import type { BuddyServerOptions } from '@buddy-chat/server'
import type { Socket } from 'node:net'
import type { RawClient } from '../integration/raw-client.ts'
import type { Random } from '../load/random.ts'

/** An attacker that was refused comes back after so long. */
const retryEveryMs = 50

/** What an attack gets, and where it reports. */
export interface Scene {
  /** The server, at 127.0.0.1. */
  readonly url: string
  /** A number drawn from the seed: the same for the same seed. */
  readonly random: Random
  /** Whether the time of the attack is over; then `run` is to return. */
  readonly isOver: () => boolean
  /** Resolves after `ms`, or when the time is over if that is earlier. */
  readonly wait: (ms: number) => Promise<void>
  /** Counts what is worth a figure in the table. */
  readonly count: (what: string, times?: number) => void
  /** A bound is broken: the command fails. */
  readonly onFault: (text: string) => void
  /** The webhooks that have arrived, for an attack that `hasWebhooks`. */
  readonly webhooks: readonly Webhook[]
}

/** A webhook, as far as attacks look at it. */
export interface Webhook {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/** One way to misuse a server. */
export interface Attack {
  readonly name: string
  /** What the attacker does, and if the server must do more than go on, what. */
  readonly what: string
  /** Options of the server, beside its defaults. */
  readonly options?: BuddyServerOptions
  /** The server has a certificate, and `url` is https. */
  readonly hasTls?: boolean
  /** Webhooks arrive in {@link Scene.webhooks}, each after half a second. */
  readonly hasWebhooks?: boolean
  /** How the server ends the attacker's connections: at least once, by one of these names. */
  readonly endsBy?: readonly End[]
  /** Attacks until the time is over. A rejection is a fault. */
  readonly run: (scene: Scene) => Promise<void>
}

/** A close code by name; `cut` is an end without one. */
export type End = CloseCode | 'cut'

const namesByCode = new Map<number, CloseCode>(
  Object.entries(closeCodes).map(([name, code]) => [code, name as CloseCode]),
)

/** The name of a WebSocket close code. */
const endOf = (code: number): End => namesByCode.get(code) ?? 'cut'

/**
 * Runs `act` again and again until the time is over. An attacker whose connection is refused or cut
 * comes back a moment later.
 */
export async function again(scene: Scene, act: () => Promise<void>): Promise<void> {
  while (!scene.isOver()) {
    try {
      await act()
    } catch {
      scene.count('refused')
      await scene.wait(retryEveryMs)
    }
  }
}

/** Runs `act` by so many attackers at a time, see {@link again}. */
export async function crowd(scene: Scene, count: number, act: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => again(scene, act)))
}

const dropped = new WeakSet<RawClient>()

/** Counts how the server ends the connection of an attacker, as long as the attack lasts. */
export function countEnd(scene: Scene, client: RawClient): void {
  let end: End = 'cut'
  client.socket.once('close', (code) => (end = endOf(code)))
  // A connection of which nothing is read learns no code; all others do so before this.
  client.tcp.once('close', () =>
    setImmediate(() => {
      if (!scene.isOver() && !dropped.has(client)) scene.count(end)
    }),
  )
}

/** Ends connections of the attacker as a network does that breaks. */
export function drop(...clients: readonly RawClient[]): void {
  for (const client of clients) {
    const { socket, tcp } = client
    if (socket.readyState === socket.OPEN && !tcp.destroyed) dropped.add(client)
    socket.terminate()
  }
}

/**
 * Writes `chunk` again and again as fast as the server takes it, until the connection or the time is
 * over, or `maxBytes` are written. Resolves with the bytes written.
 */
export async function pour(
  scene: Scene,
  tcp: Socket,
  chunk: Uint8Array,
  maxBytes = Infinity,
): Promise<number> {
  let bytes = 0
  while (!scene.isOver() && !tcp.destroyed && tcp.writable && bytes < maxBytes) {
    bytes += chunk.length
    if (tcp.write(chunk)) await new Promise((resolve) => setImmediate(resolve))
    else await drained(scene, tcp)
  }
  scene.count('MB', bytes / 1e6)
  return bytes
}

/** Resolves when `tcp` takes more, or is closed, or the time is over. */
async function drained(scene: Scene, tcp: Socket): Promise<void> {
  while (!scene.isOver() && !tcp.destroyed && tcp.writableNeedDrain) {
    let onChange: () => void = () => undefined
    const changed = new Promise<void>((resolve) => (onChange = resolve))
    tcp.once('drain', onChange).once('close', onChange)
    await Promise.race([changed, scene.wait(retryEveryMs)])
    tcp.off('drain', onChange).off('close', onChange)
  }
}
