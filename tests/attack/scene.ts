import type { CloseCode } from '@buddy-chat/protocol'
import { closeCodes } from '@buddy-chat/protocol'
import type { BuddyServerOptions } from '@buddy-chat/server'
import type { Socket } from 'node:net'
import type { RawClient } from '../integration/raw-client.ts'
import type { Delivery } from '../integration/webhook-receiver.ts'
import type { Random } from '../load/random.ts'

/** An attacker whose connection was refused retries after this time. */
const retryAfterMs = 50

/** What an attack uses, and how it reports its results. */
export interface Scene {
  /** URL of the server, which listens at 127.0.0.1. */
  readonly url: string
  /** Random numbers that depend only on the seed of the run. */
  readonly random: Random
  /** Whether the time of the attack is over. If so, `run` must return. */
  readonly isOver: () => boolean
  /** Resolves after `ms`, or earlier when the time of the attack is over. */
  readonly wait: (ms: number) => Promise<void>
  /** Adds `times` (default 1) to a named count in the row of the attack. */
  readonly count: (what: string, times?: number) => void
  /** Called when the attack breaks a bound; the command then fails. */
  readonly onFault: (text: string) => void
  /**
   * Resolves with the webhooks of this event once at least `leastCount` have arrived, or with fewer
   * after 10 s. Works only for an attack with `hasWebhooks`.
   */
  readonly webhooks: (event: string, leastCount: number) => Promise<readonly Delivery[]>
}

/** One way to misuse a server. */
export interface Attack {
  readonly name: string
  /** What the attacker does, and what the server must do beyond serving the neighbours. */
  readonly what: string
  /** Server options that differ from the defaults. */
  readonly options?: BuddyServerOptions
  /** The server has a certificate, and `url` is https. */
  readonly hasTls?: boolean
  /** The server sends webhooks to {@link Scene.webhooks}, which takes half a second to answer each. */
  readonly hasWebhooks?: boolean
  /** The server must close at least one connection of the attacker in one of these ways. */
  readonly closesWith?: readonly CloseName[]
  /** Attacks until the time is over. A rejection is a fault. */
  readonly run: (scene: Scene) => Promise<void>
}

/** The name of a WebSocket close code; `cut` if the connection ended without a code of the protocol. */
export type CloseName = CloseCode | 'cut'

const namesByCode = new Map<number, CloseCode>(
  Object.entries(closeCodes).map(([name, code]) => [code, name as CloseCode]),
)

/**
 * Runs `act` again and again until the time of the attack is over. If it rejects, because the server
 * refused or closed a connection, it is retried after a short pause.
 */
export async function repeat(scene: Scene, act: () => Promise<void>): Promise<void> {
  while (!scene.isOver()) {
    try {
      await act()
    } catch {
      scene.count('refused')
      await scene.wait(retryAfterMs)
    }
  }
}

/** Runs {@link repeat} `count` times in parallel. */
export async function repeatInParallel(
  scene: Scene,
  count: number,
  act: () => Promise<void>,
): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => repeat(scene, act)))
}

const aborted = new WeakSet<RawClient>()

/** Counts, by name, how the server closes a connection of the attacker during the attack. */
export function countClose(scene: Scene, client: RawClient): void {
  let name: CloseName = 'cut'
  client.socket.once('close', (code) => (name = namesByCode.get(code) ?? 'cut'))
  // If the client reads a close code, it does so before the next turn of the event loop.
  client.tcp.once('close', () =>
    setImmediate(() => {
      if (!scene.isOver() && !aborted.has(client)) scene.count(name)
    }),
  )
}

/** Destroys connections of the attacker without a close frame, as a network failure does. */
export function abort(...clients: readonly RawClient[]): void {
  for (const client of clients) {
    const { socket, tcp } = client
    if (socket.readyState === socket.OPEN && !tcp.destroyed) aborted.add(client)
    socket.terminate()
  }
}

/**
 * Writes `chunk` again and again as fast as the server takes it, until the connection is closed, the
 * attack is over, or `maxBytes` are written. Resolves with the number of bytes written.
 */
export async function writeRepeatedly(
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

/** Resolves when `tcp` accepts more data or is closed, or when the attack is over. */
async function drained(scene: Scene, tcp: Socket): Promise<void> {
  while (!scene.isOver() && !tcp.destroyed && tcp.writableNeedDrain) {
    let onChange: () => void = () => undefined
    const changed = new Promise<void>((resolve) => (onChange = resolve))
    tcp.once('drain', onChange).once('close', onChange)
    await Promise.race([changed, scene.wait(retryAfterMs)])
    tcp.off('drain', onChange).off('close', onChange)
  }
}
