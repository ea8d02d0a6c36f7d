import type { BuddyClient, BuddyClientOptions } from '@buddy-chat/client'
import { BuddyError } from '@buddy-chat/client'

interface StartGateDependencies {
  readonly client: BuddyClient
  /** Whether the element is in a page. */
  readonly isInPage: () => boolean
  /** Asks the page; false if a listener forbids the start. */
  readonly mayStart: () => boolean
  /** Starts the client. Rejects as `BuddyClient.start` does. */
  readonly begin: (overrides: BuddyClientOptions) => Promise<void>
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
export const isRunning = ({ state }: Pick<BuddyClient, 'state'>): boolean =>
  state !== 'idle' && state !== 'closed'

/**
 * What lies between a request to start and the client: the element has to be in a page, and the page has
 * to agree. A `stop()` withdraws a request that has not begun, so that the latest call always counts.
 */
export class StartGate {
  readonly #dependencies: StartGateDependencies
  #request: Request | undefined

  constructor(dependencies: StartGateDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Starts now, or as soon as the element is in a page. A second call before that joins the first.
   * @throws BuddyError (as a rejection) as `BuddyClient.start`
   */
  start(overrides: BuddyClientOptions = {}): Promise<void> {
    const { client } = this.#dependencies
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

  /** Ends what runs, and what was about to. */
  stop(): void {
    this.#request?.reject(new BuddyError('aborted', 'stopped before it began'))
    this.#request = undefined
    this.#dependencies.client.stop()
  }
}
