import { cleanMessage, maxFieldBytes } from '@buddy-chat/protocol'
import type { Clock } from '../clock.ts'
import type { BuddyServerHooks, TextAnswer } from '../hooks/hooks.ts'
import { onTextLimits } from '../hooks/hooks.ts'
import { peopleOf } from '../hooks/person.ts'
import type { PartnerLink } from '../sessions/partner-link.ts'
import type { Session } from '../sessions/session.ts'
import { sendError } from './send-error.ts'

const { answerTimeoutMs, maxWaitingTexts } = onTextLimits
const notRelayed = 'this text was not relayed'

interface TextReviewDependencies {
  readonly clock: Pick<Clock, 'after'>
  readonly onText: NonNullable<BuddyServerHooks['onText']>
  /** Called if the hook throws, rejects, or does not answer in time. */
  readonly onInternalError: (error: unknown) => void
}

/** A text that was neither relayed nor refused yet. */
interface WaitingText {
  /** Relays or refuses the text. Undefined until the hook has answered or failed. */
  act: (() => void) | undefined
}

/**
 * Calls the hook `onText` with each text before the text is relayed. Texts of one author keep their
 * order, regardless of the order of the answers. If the room ends first, the hook's answer is ignored.
 */
export class TextReview {
  readonly #dependencies: TextReviewDependencies
  /** The texts that wait, for each room and author. The oldest text is first. */
  readonly #waiting = new WeakMap<PartnerLink, WaitingText[]>()

  constructor(dependencies: TextReviewDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Calls `pass` if the hook allows the text, with the replacement if the hook has returned one. Otherwise
   * sends the author an error.
   */
  review(
    author: Pick<Session, 'send'>,
    partner: PartnerLink,
    text: string,
    pass: (replacement?: string) => void,
  ): void {
    const { clock, onText, onInternalError } = this.#dependencies
    const texts = this.#waiting.get(partner) ?? []
    this.#waiting.set(partner, texts)
    if (texts.length >= maxWaitingTexts) {
      sendError(author, 'rate-limited', 'too many texts are waiting for review', 1000)
      return
    }
    const waiting: WaitingText = { act: undefined }
    texts.push(waiting)
    const decide = (act: () => void): void => {
      // An answer after the timeout has no effect, because the text is no longer in the list.
      waiting.act = act
      this.#flush(partner, texts)
    }
    const fail = (error: unknown): void => {
      onInternalError(error)
      decide(() => sendError(author, 'internal', notRelayed))
    }
    const cancel = clock.after(answerTimeoutMs, () => {
      fail(new Error(`onText did not answer within ${answerTimeoutMs / 1000} s`))
    })
    const [one, other] = peopleOf(partner.room)
    const [from, to] = partner.self === partner.room.seats[0] ? [one, other] : [other, one]
    const ask = async (): Promise<TextAnswer> => onText({ room: partner.room.id, from, to, text })
    void ask()
      .finally(cancel)
      .then((answer) => {
        if (answer === false) decide(() => sendError(author, 'refused', notRelayed))
        else if (typeof answer === 'string') {
          const replacement = checkedReplacement(answer)
          decide(() => pass(replacement))
        } else decide(() => pass())
      })
      .catch(fail)
  }

  /** Relays or refuses texts in order. Stops before the first text that the hook has not answered yet. */
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

/**
 * Returns the text of a hook as a client may receive it.
 * @throws TypeError if clients could not read it
 */
function checkedReplacement(text: string): string {
  const cleaned = cleanMessage(text)
  const bytes = Buffer.byteLength(cleaned)
  if (bytes > 0 && bytes <= maxFieldBytes.text) return cleaned
  throw new TypeError(`onText must return a text of 1 to ${maxFieldBytes.text} bytes`)
}
