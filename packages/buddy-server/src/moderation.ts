import type { ErrorCode } from '@buddy-chat/protocol'
import type { Clock } from './clock.ts'
import type { BuddyServerHooks } from './hooks.ts'
import { personOf } from './person.ts'
import type { Room, Rooms } from './rooms.ts'
import type { Session } from './sessions/session.ts'

/** A hook without an answer by then has failed: its author has long thought the line was read. */
const answerTimeoutMs = 10_000
/**
 * Lines of one author about which nothing is decided: more than their rate lets through in that time. Only
 * what was kept for a partner, after a restart, can be more; that author is told what was not passed on.
 */
const maxWaitingLines = 50

const notPassed = 'this line was not passed on'

interface ModerationDependencies {
  readonly clock: Clock
  readonly rooms: Pick<Rooms, 'partnerOf'>
  readonly onText: NonNullable<BuddyServerHooks['onText']>
  /** Tells an author what became of a line. */
  readonly tell: (author: Session, code: ErrorCode, message: string, retryAfterMs?: number) => void
  /** The hook has failed, or not answered in time; tells the operator. */
  readonly onInternalError: (error: unknown) => void
}

/** A line that was read and neither passed on nor kept back yet. */
interface WaitingLine {
  readonly room: Room
  /** What becomes of it; undefined while the hook thinks. */
  act: (() => void) | undefined
}

/**
 * Asks the hook `onText` about each line, for so long, and for so many of one author at a time. Lines
 * of one author keep their order, whichever is answered first. Of a line whose room is over, nobody
 * in it hears any more, whatever the hook says.
 */
export class Moderation {
  readonly #dependencies: ModerationDependencies
  readonly #waiting = new WeakMap<Session, WaitingLine[]>()

  constructor(dependencies: ModerationDependencies) {
    this.#dependencies = dependencies
  }

  /** Calls `pass` where the line may pass, or where there is no partner to keep it from. */
  judge(author: Session, text: string, pass: () => void): void {
    const { clock, rooms, onText, tell, onInternalError } = this.#dependencies
    const { room } = author
    const partner = rooms.partnerOf(author)
    if (!room || !partner) return pass()
    const lines = this.#linesOf(author)
    if (lines.length >= maxWaitingLines) {
      tell(author, 'rate-limited', 'too many lines wait to be passed on', 1000)
      return
    }
    const line: WaitingLine = { room, act: undefined }
    lines.push(line)
    const decide = (act: () => void): void => {
      // An answer that comes after the time finds the line gone.
      line.act = act
      this.#flush(author)
    }
    const fail = (error: unknown): void => {
      onInternalError(error)
      decide(() => tell(author, 'internal', notPassed))
    }
    const cancel = clock.after(answerTimeoutMs, () => {
      fail(new Error(`onText has not answered a line in ${answerTimeoutMs / 1000} s`))
    })
    const ask = async (): Promise<boolean | void> =>
      onText({ room: room.id, from: personOf(author), to: personOf(partner), text })
    void ask()
      .finally(cancel)
      .then((answer) => {
        decide(answer === false ? () => tell(author, 'refused', notPassed) : pass)
      }, fail)
  }

  /** Lines of the room that the author is in; what waits from one before is forgotten. */
  #linesOf(author: Session): WaitingLine[] {
    const lines = (this.#waiting.get(author) ?? []).filter(({ room }) => room === author.room)
    this.#waiting.set(author, lines)
    return lines
  }

  /** Does what is decided, up to the first line that is not: so they keep their order. */
  #flush(author: Session): void {
    const lines = this.#linesOf(author)
    while (lines[0]?.act && lines[0].room === author.room) {
      try {
        lines.shift()?.act?.()
      } catch (error) {
        this.#dependencies.onInternalError(error)
      }
    }
  }
}
