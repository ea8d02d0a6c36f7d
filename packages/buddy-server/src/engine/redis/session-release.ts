import type { Handover } from '../engine.ts'
import { partnerSeat } from '../room.ts'
import type { Command } from './command-queue.ts'
import type { SessionState } from './session-state.ts'
import { toText } from './stored-values.ts'

/** The release of a session, which another node continues. */
export class SessionRelease {
  readonly #state: SessionState
  /** The nodes that have asked for the session. They are notified after the release. */
  readonly #takers: string[]
  /** Called when the session is no longer a session of this node. */
  readonly #forget: () => void
  #onClaimed: (() => void) | undefined

  constructor(state: SessionState, takers: readonly string[], forget: () => void) {
    this.#state = state
    this.#takers = [...takers]
    this.#forget = forget
  }

  /**
   * Releases the session.
   * @param isClaiming whether Redis has not answered the claim of a room yet. Then {@link handleClaimed} must be called.
   */
  start(handover: Handover, isClaiming: boolean): void {
    const { room, context } = this.#state
    this.#state.isMuted = true
    room.collect()
    const left = new Promise<void>((resolve) => {
      const release = (): void => this.#release(handover, resolve)
      // The answer to a claim contains the frames that Redis has kept until then.
      if (isClaiming) this.#onClaimed = release
      else release()
    })
    context.onLeaving(left)
  }

  /** Notifies one more node after the release. */
  addTaker(nodeId: string): void {
    this.#takers.push(nodeId)
  }

  /** Call this when Redis has answered the claim of a room. */
  handleClaimed(): void {
    this.#onClaimed?.()
  }

  #release({ frames, sentBefore, received }: Handover, onReleased: () => void): void {
    const state = this.#state
    const { context } = state
    const { room, seat, partnerNode = '' } = state.room.present ?? {}
    // The statement has no ticket: the next node of the session queues the ticket again.
    const { w: _, ...statement } = state.statement()
    state.exit()
    state.generation++
    const finish = (): void => {
      this.#forget()
      for (const node of this.#takers) context.onReleased(state.id, node)
      onReleased()
    }
    const go = (): void => {
      const fields = {
        frames: [...frames, ...state.room.takeCollected()].map(toText),
        first: sentBefore + 1,
        received,
        graceMs: context.graceMs(),
      }
      state.send('release', fields, ([failure]) => {
        if (failure !== 'unknown') {
          finish()
          return
        }
        // Redis has lost its data. Without the session, no other node could continue it.
        context.send(statement as Command)
        state.send('release', fields, finish)
      })
    }
    if (room && seat !== undefined && partnerNode !== '') {
      state.room.awaitLate(room.id, go)
      context.pause(partnerNode, partnerSeat(room, seat).sessionId, room.id, state.id)
    } else go()
  }
}
