import type { Clock } from '../clock.ts'
import type { BuddyServerHooks } from '../hooks/hooks.ts'
import { peopleOf } from '../hooks/person.ts'
import type { PartnerLink } from '../sessions/partner-link.ts'
import type { Session } from '../sessions/session.ts'
import { sendError } from './send-error.ts'

/** A hook that has not answered by then has failed: the author expects that the text was read long ago. */
const answerTimeoutMs = 10_000
/**
 * Texts of one author that wait for an answer. An author's rate permits fewer in that time; only frames
 * that were kept for a partner after a restart can be more. The author receives an error for each one
 * above the limit.
 */
const maxWaitingTexts = 50

const notPassed = 'this line was not passed on'

interface TextReviewDependencies {
  readonly clock: Pick<Clock, 'after'>
  readonly onText: NonNullable<BuddyServerHooks['onText']>
  /** The hook has failed, or has not answered in time. */
  readonly onInternalError: (error: unknown) => void
}

/** A text about which nothing has been done yet. */
interface WaitingText {
  /** What to do with it; undefined until the hook has answered. */
  act: (() => void) | undefined
}

/**
 * Asks the hook `onText` about each text, before the text is passed on. Texts of one author keep their
 * order, whichever is answered first. If the room ends first, the hook's answer is ignored.
 */
export class TextReview {
  readonly #dependencies: TextReviewDependencies
  /** By room and author. */
  readonly #waiting = new WeakMap<PartnerLink, WaitingText[]>()

  constructor(dependencies: TextReviewDependencies) {
    this.#dependencies = dependencies
  }

  /** Calls `pass` if the hook allows the text; otherwise the author receives an error. */
  review(
    author: Pick<Session, 'send'>,
    partner: PartnerLink,
    text: string,
    pass: () => void,
  ): void {
    const { clock, onText, onInternalError } = this.#dependencies
    const texts = this.#waiting.get(partner) ?? []
    this.#waiting.set(partner, texts)
    if (texts.length >= maxWaitingTexts) {
      sendError(author, 'rate-limited', 'too many lines wait to be passed on', 1000)
      return
    }
    const waiting: WaitingText = { act: undefined }
    texts.push(waiting)
    const decide = (act: () => void): void => {
      // An answer after the timeout has no effect, because the text is not in the list any more.
      waiting.act = act
      this.#flush(partner, texts)
    }
    const fail = (error: unknown): void => {
      onInternalError(error)
      decide(() => sendError(author, 'internal', notPassed))
    }
    const cancel = clock.after(answerTimeoutMs, () => {
      fail(new Error(`onText has not answered a line in ${answerTimeoutMs / 1000} s`))
    })
    const [one, other] = peopleOf(partner.room)
    const [from, to] = partner.self === partner.room.seats[0] ? [one, other] : [other, one]
    const ask = async (): Promise<boolean | void> =>
      onText({ room: partner.room.id, from, to, text })
    void ask()
      .finally(cancel)
      .then((answer) => {
        decide(answer === false ? () => sendError(author, 'refused', notPassed) : pass)
      }, fail)
  }

  /** Acts on texts that are decided, up to the first that is not, so that they keep their order. */
  #flush(partner: PartnerLink, texts: WaitingText[]): void {
    while (texts[0]?.act && partner.isOpen) {
      try {
        texts.shift()?.act?.()
      } catch (error) {
        this.#dependencies.onInternalError(error)
      }
    }
  }
}
