import { pageElement, showText } from './elements.ts'
import { formatClock } from './time-format.ts'

/** How the page stands with its server; also the value of `data-connection` on the body. */
export type ConnectionState = 'connecting' | 'live' | 'silent' | 'signed-out'

const words: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting …',
  live: 'Live',
  silent: 'No answer',
  'signed-out': 'Signed out',
}

/** Shows how the page stands with its server: a word in the header, and a notice where it matters. */
export class Connection {
  readonly #epochMs: () => number
  readonly #state = pageElement('connection')
  readonly #notice = pageElement('notice')
  readonly #noticeText = pageElement('notice-text')
  readonly #reload = pageElement('reload')
  #answeredAtMs: number

  /** @param epochMs milliseconds since 1970 */
  constructor(epochMs: () => number, onReload: () => void) {
    this.#epochMs = epochMs
    this.#answeredAtMs = epochMs()
    this.#reload.addEventListener('click', onReload)
  }

  /** The server has answered. */
  showLive(isDraining: boolean): void {
    this.#answeredAtMs = this.#epochMs()
    this.#show('live')
    if (isDraining) {
      this.#tell('draining', 'Draining: nobody new is let in, and calls may still end in peace.')
    } else {
      this.#tell('none', '')
    }
  }

  /** The server has not answered, or not with data; `why` is a few words, or empty. */
  showSilent(why: string): void {
    this.#show('silent')
    const since = `No answer since ${formatClock(this.#answeredAtMs)}`
    this.#tell('silent', `${since}${why && ` (${why})`}. Trying again …`)
  }

  /** The server no longer takes the browser's sign-in. */
  showSignedOut(): void {
    this.#show('signed-out')
    this.#tell('signed-out', 'You are signed out. To sign in again: reload.')
  }

  #show(state: ConnectionState): void {
    document.body.dataset['connection'] = state
    showText(this.#state, words[state])
    this.#state.title = `last answer at ${formatClock(this.#answeredAtMs)}`
  }

  #tell(kind: 'none' | 'draining' | 'silent' | 'signed-out', text: string): void {
    this.#notice.dataset['kind'] = kind
    this.#reload.hidden = kind !== 'signed-out'
    showText(this.#noticeText, text)
  }
}
