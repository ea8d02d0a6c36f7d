import { pageElement, showText } from './elements.ts'
import { formatClock } from './time-format.ts'

/**
 * The state of the page's connection to its server. It is also the value of `data-connection` on the body.
 */
export type ConnectionState = 'connecting' | 'live' | 'offline' | 'signed-out'

/** What the operator must know about a server that responds. */
export interface ServerNotice {
  readonly kind: 'none' | 'draining' | 'redis'
  readonly text: string
}

const labels: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting …',
  live: 'Live',
  offline: 'No response',
  'signed-out': 'Signed out',
}

/** Shows the state of the connection in the header, and a notice if the operator needs to know more. */
export class Connection {
  readonly #epochMs: () => number
  readonly #state = pageElement('connection')
  readonly #notice = pageElement('notice')
  readonly #noticeText = pageElement('notice-text')
  readonly #reload = pageElement('reload')
  #respondedAtMs: number

  /** @param epochMs returns milliseconds since 1970 */
  constructor(epochMs: () => number, onReload: () => void) {
    this.#epochMs = epochMs
    this.#respondedAtMs = epochMs()
    this.#reload.addEventListener('click', onReload)
  }

  /** Shows that the server has responded, and the notice about its state, if there is one. */
  showLive({ kind, text }: ServerNotice = { kind: 'none', text: '' }): void {
    this.#respondedAtMs = this.#epochMs()
    this.#show('live')
    this.#showNotice(kind, text)
  }

  /**
   * Shows that the latest request has failed.
   * @param reason a few words, or empty if the server has not responded at all
   */
  showOffline(reason: string): void {
    this.#show('offline')
    const since = `No response since ${formatClock(this.#respondedAtMs)}`
    this.#showNotice('offline', `${since}${reason && ` (${reason})`}. Retrying …`)
  }

  /** Shows that the server no longer accepts the browser's credentials. */
  showSignedOut(): void {
    this.#show('signed-out')
    this.#showNotice('signed-out', 'You are signed out. Reload the page to sign in again.')
  }

  #show(state: ConnectionState): void {
    document.body.dataset['connection'] = state
    showText(this.#state, labels[state])
    this.#state.title = `latest response at ${formatClock(this.#respondedAtMs)}`
  }

  #showNotice(kind: ServerNotice['kind'] | 'offline' | 'signed-out', text: string): void {
    this.#notice.dataset['kind'] = kind
    this.#reload.hidden = kind !== 'signed-out'
    showText(this.#noticeText, text)
  }
}
