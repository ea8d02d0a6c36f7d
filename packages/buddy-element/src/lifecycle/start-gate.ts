import type { BuddyClientOptions, BuddyError } from '@buddy-chat/client'
import type { ChatClient, ClientPart } from '../client/client-part.ts'

interface StartGateDependencies {
  readonly client: Pick<ChatClient, 'start' | 'state' | 'stop'>
  /** Whether the element is in a page. */
  readonly isInPage: () => boolean
  /** Asks the page; false if a listener forbids the start. */
  readonly mayStart: () => boolean
  /** Starts the client. Rejects as `BuddyClient.start` does. */
  readonly begin: (overrides: BuddyClientOptions) => Promise<void>
  readonly createError: ClientPart['createError']
}

/** A start that was requested and has not begun. */
interface Request {
  readonly overrides: BuddyClientOptions
  readonly promise: Promise<void>
  readonly resolve: (begun: Promise<void> | undefined) => void
  readonly reject: (error: BuddyError) => void
  isAsked: boolean
}

function createRequest(overrides: BuddyClientOptions): Request {
  let resolve: Request['resolve'] = () => undefined
  let reject: Request['reject'] = () => undefined
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { overrides, promise, resolve, reject, isAsked: false }
}

/** Whether a client runs: it has or opens devices and a connection. */
export const isRunning = ({ state }: Pick<ChatClient, 'state'>): boolean =>
  state !== 'idle' && state !== 'closed'

/**
 * What lies between a request to start and the client: the element has to be in a page, and the page has
 * to agree. A `stop()` withdraws a request that has not begun, so that the latest call always counts.
 */
export class StartGate {
  readonly #dependencies: StartGateDependencies
  #request: Request | undefined
  /** The element has come into a page, and nobody has started or stopped it there yet. */
  #isUntouched = false
  /** The latest of all calls was `stop()`. */
  #isStopped = false

  constructor(dependencies: StartGateDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Starts now, or as soon as the element is in a page. A second call before that joins the first.
   * @throws BuddyError (as a rejection) as `BuddyClient.start`
   */
  start(overrides: BuddyClientOptions = {}): Promise<void> {
    const { client } = this.#dependencies
    this.#isUntouched = this.#isStopped = false
    if (isRunning(client)) return client.start()
    this.#request ??= createRequest(overrides)
    const { promise } = this.#request
    this.proceed()
    return promise
  }

  /** The element may be in a page now: a request that waits for that begins. */
  proceed(): void {
    const { isInPage, mayStart, begin } = this.#dependencies
    const request = this.#request
    if (!request || request.isAsked || !isInPage()) return
    request.isAsked = true
    const isAllowed = mayStart()
    // A listener may have called `stop()`.
    if (this.#request !== request) return
    this.#request = undefined
    request.resolve(isAllowed ? begin(request.overrides) : undefined)
  }

  /** The element has come into a page, at first or after everything was released. */
  handleArrival(): void {
    this.#isUntouched = true
  }

  /**
   * Whether the element may start without being asked: once for each time it comes into a page, and not
   * after a `stop()`, whatever the page changes.
   */
  takeAutostart(): boolean {
    const isFree = this.#isUntouched && !this.#isStopped && this.#dependencies.isInPage()
    if (isFree) this.#isUntouched = false
    return isFree
  }

  /** Ends what runs, and what was about to, until the next `start()`. */
  stop(): void {
    this.#isStopped = true
    this.release()
  }

  /** Ends what runs, and what was about to, because the element is gone. */
  release(): void {
    const { client, createError } = this.#dependencies
    this.#request?.reject(createError('aborted', 'stopped before it began'))
    this.#request = undefined
    client.stop()
  }
}
