import type { BuddyClientOptions, BuddyError } from '@buddy-chat/client'
import type { ChatClient, ClientPart } from '../client/client-part.ts'

interface StartGateDependencies {
  readonly client: Pick<ChatClient, 'start' | 'state' | 'stop'>
  /** Whether the element is in a page. */
  readonly isInPage: () => boolean
  /** Dispatches `buddy-start`. Returns false if a listener has prevented the start. */
  readonly mayStart: () => boolean
  /** Starts the client. Rejects as `BuddyClient.start` does. */
  readonly begin: (overrides: BuddyClientOptions) => Promise<void>
  readonly createError: ClientPart['createError']
}

/** A requested start that has not begun. */
interface Request {
  readonly overrides: BuddyClientOptions
  readonly promise: Promise<void>
  readonly resolve: (begun: Promise<void> | undefined) => void
  readonly reject: (error: BuddyError) => void
  isAnnounced: boolean
}

function createRequest(overrides: BuddyClientOptions): Request {
  let resolve: Request['resolve'] = () => undefined
  let reject: Request['reject'] = () => undefined
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { overrides, promise, resolve, reject, isAnnounced: false }
}

/** Whether a client has, or opens, devices and a connection. */
export const isRunning = ({ state }: Pick<ChatClient, 'state'>): boolean =>
  state !== 'idle' && state !== 'closed'

/**
 * Delays or cancels a requested start: the element must be in a page, and the page must not prevent the
 * start. `stop()` cancels a request that has not begun, so that the latest call always wins.
 */
export class StartGate {
  readonly #dependencies: StartGateDependencies
  #request: Request | undefined
  /** The element was inserted into a page, and was neither started nor stopped there yet. */
  #isUntouched = false
  /** The latest call was `stop()`. */
  #isStopped = false

  constructor(dependencies: StartGateDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Starts at once, or as soon as the element is in a page. A second call before that returns the same
   * promise.
   * @throws BuddyError (as a rejection) the errors of `BuddyClient.start`
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

  /** Begins a waiting request if the element is in a page. */
  proceed(): void {
    const { isInPage, mayStart, begin } = this.#dependencies
    const request = this.#request
    if (!request || request.isAnnounced || !isInPage()) return
    request.isAnnounced = true
    const isAllowed = mayStart()
    // A listener may have called `stop()`.
    if (this.#request !== request) return
    this.#request = undefined
    request.resolve(isAllowed ? begin(request.overrides) : undefined)
  }

  /** The element was inserted into a page, for the first time or after `release()`. */
  handleArrival(): void {
    this.#isUntouched = true
  }

  /**
   * Whether the element may start automatically now: once each time it is inserted into a page, and not
   * after `stop()`.
   */
  takeAutostart(): boolean {
    const isAllowed = this.#isUntouched && !this.#isStopped && this.#dependencies.isInPage()
    if (isAllowed) this.#isUntouched = false
    return isAllowed
  }

  /** Stops the client and cancels a waiting request, until the next `start()`. */
  stop(): void {
    this.#isStopped = true
    this.release()
  }

  /** Stops the client and cancels a waiting request, because the element has left the page. */
  release(): void {
    const { client, createError } = this.#dependencies
    this.#request?.reject(createError('aborted', 'stopped before it began'))
    this.#request = undefined
    client.stop()
  }
}
