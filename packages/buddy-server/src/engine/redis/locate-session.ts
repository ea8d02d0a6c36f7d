import type { Clock } from '../../clock.ts'
import type { RedisEngine } from './redis-engine.ts'
import type { Location } from './wire.ts'

/** How long the shards may take to answer whether they have a session, in milliseconds. */
const locateTimeoutMs = 1000
/** How long the other shards may take after one has answered that it has the session, in milliseconds. */
const othersTimeoutMs = 250

/** A shard that has a session, with the epoch there. */
interface FoundSession {
  readonly index: number
  readonly epoch: number
}

/** Where a session is. */
export interface SessionLocation {
  /**
   * The shards that have the session, the one with the highest epoch first. There are several if the node of the
   * session died during a move.
   */
  readonly found: readonly FoundSession[]
  /** The shards that have lost their data, perhaps with the session. */
  readonly lost: readonly number[]
  /** Whether a shard answers that the session has ended. */
  readonly hasEnded: boolean
  /** Whether the client has received a later welcome than its request says, so that the request is out of date. */
  readonly isOutOfDate: boolean
  /** Whether a shard has not answered, or does not know all its sessions yet. */
  readonly isUncertain: boolean
}

/**
 * Asks all shards whether they have a session. Resolves when all have answered, 0.25 s after the first one that has the
 * session, or after one second.
 * @param welcomes how many welcomes of the session the client knows of
 */
export async function locateSession(
  sessionId: string,
  welcomes: number,
  shards: readonly Pick<RedisEngine, 'locate'>[],
  clock: Pick<Clock, 'after'>,
): Promise<SessionLocation> {
  const answers: (Location | undefined)[] = shards.map(() => undefined)
  await new Promise<void>((resolve) => {
    let left = shards.length
    let cancel = clock.after(locateTimeoutMs, resolve)
    const handle = (index: number, answer: Location | undefined): void => {
      const isFirst = !answers.some((known) => known?.state === 'here')
      answers[index] = answer
      if (answer?.state === 'here' && isFirst) {
        cancel()
        cancel = clock.after(othersTimeoutMs, resolve)
      }
      if (--left > 0) return
      cancel()
      resolve()
    }
    for (const [index, shard] of shards.entries()) {
      void shard.locate(sessionId, welcomes).then((answer) => handle(index, answer))
    }
  })
  const found = answers.flatMap((answer, index) =>
    answer?.state === 'here' ? [{ index, epoch: answer.epoch }] : [],
  )
  return {
    found: found.toSorted((one, other) => other.epoch - one.epoch),
    lost: [...answers.keys()].filter((index) => answers[index]?.state === 'lost'),
    hasEnded: answers.some((answer) => answer?.state === 'ended'),
    isOutOfDate: answers.some((answer) => answer?.state === 'outOfDate'),
    isUncertain: answers.some((answer) => !answer || answer.state === 'unsettled'),
  }
}
