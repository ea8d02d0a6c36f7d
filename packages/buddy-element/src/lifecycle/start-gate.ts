import type { BuddyClientOptions, BuddyError } from '@buddy-chat/client'
import type { ChatClient, ClientPart } from '../client/client-part.ts'
import { isRunning } from '../view/is-running.ts'

interface StartGateDependencies {
  readonly client: Pick<ChatClient, 'start' | 'state' | 'stop'>
  /** Returns whether the element is in a page. */
  readonly isInPage: () => boolean
  /**
   * Returns whether the visitor has agreed to what the page requires. Otherwise asks; the start then waits
   * until `proceed()` is called after the agreement.
   */
  readonly hasAgreement: () => boolean
  /** Dispatches `buddy-start`. Returns false if a listener has prevented the start. */
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

/**
 * Decides when a requested start begins: once the element is in a page, once the visitor
 * has agreed to what the page requires, and only if no listener of `buddy-start` prevents it. `stop()` cancels a
 * request that has not begun, so that the latest call always takes effect.
 */
export class StartGate {
  readonly #dependencies: StartGateDependencies
  #request: Request | undefined
  /** Whether the element was inserted into a page and was neither started nor stopped since. */
  #isUntouched = false
  /** Whether `stop()` was called after the latest `start()`. */
  #isStopped = false

  constructor(dependencies: StartGateDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Starts the client at once, or as soon as the element is in a page. If a request is waiting, a
   * second call returns the same promise.
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

  /** Begins the waiting request, if there is one and all its conditions hold. */
  proceed(): void {
    const { isInPage, hasAgreement, mayStart, begin } = this.#dependencies
    const request = this.#request
    if (!request || request.isAnnounced || !isInPage() || !hasAgreement()) return
    request.isAnnounced = true
    const isAllowed = mayStart()
    // A listener of `buddy-start` may have called `stop()`.
    if (this.#request !== request) return
    this.#request = undefined
    request.resolve(isAllowed ? begin(request.overrides) : undefined)
  }

  /**
   * Called when the element was inserted into a page, for the first time or again after
   * `release()`.
   */
  handleArrival(): void {
    this.#isUntouched = true
  }

  /**
   * Returns whether the element may start automatically now. Returns true only once for each
   * insertion into a page, and never after `stop()`.
   */
  takeAutostart(): boolean {
    const isAllowed = this.#isUntouched && !this.#isStopped && this.#dependencies.isInPage()
    if (isAllowed) this.#isUntouched = false
    return isAllowed
  }

  /**
   * Stops the client and cancels the request that is waiting. Prevents automatic starts until
   * `start()` is called.
   */
  stop(): void {
    this.#isStopped = true
    this.release()
  }

  /**
   * Like `stop()`, but does not prevent automatic starts. Called when the element has left the
   * page.
   */
  release(): void {
    const { client, createError } = this.#dependencies
    this.#request?.reject(createError('aborted', 'stopped before it began'))
    this.#request = undefined
    client.stop()
  }
}
