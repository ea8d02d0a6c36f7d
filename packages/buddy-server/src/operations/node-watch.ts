import type { NodeStatus } from '../engine/engine.ts'
import type { Log } from './log/create-log.ts'

/** The dependencies of {@link NodeWatch}. */
export interface NodeWatchDependencies {
  readonly log: Log
  /** The mark of the secret key of this node. */
  readonly keyMark: string
}

/** Returns whether a node has another secret key. An earlier version does not report its own. */
export const hasOtherKey = (node: Pick<NodeStatus, 'keyMark'>, keyMark: string): boolean =>
  (node.keyMark ?? keyMark) !== keyMark

/** Logs once for each other node if that node is lost, and once if it has another secret key than this node. */
export class NodeWatch {
  readonly #dependencies: NodeWatchDependencies
  #living: ReadonlySet<string> = new Set()
  #foreign: ReadonlySet<string> = new Set()

  constructor(dependencies: NodeWatchDependencies) {
    this.#dependencies = dependencies
  }

  /** Call this regularly with all nodes. */
  look(nodes: readonly NodeStatus[]): void {
    const { log, keyMark } = this.#dependencies
    const living = nodes.filter(({ isLost }) => !isLost)
    const foreign = living.filter((node) => hasOtherKey(node, keyMark))
    for (const { id, name, isLost } of nodes) {
      if (isLost && this.#living.has(id)) log.warn({ server: name }, 'a server was lost')
    }
    for (const { id, name } of foreign) {
      if (this.#foreign.has(id)) continue
      const message =
        'a server has another SECRET_KEY: sessions cannot move between it and this server, and bans and blocks of one do not hold at the other. Give all servers the same'
      log.error({ server: name }, message)
    }
    this.#living = new Set(living.map(({ id }) => id))
    this.#foreign = new Set(foreign.map(({ id }) => id))
  }
}
