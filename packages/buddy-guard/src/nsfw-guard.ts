import type { Guard, GuardResult } from '@buddy-chat/client/guard'
import type { NsfwThresholds } from './scores.ts'
import { defaultThresholds, resultOf } from './scores.ts'
import { startWorker } from './start-worker.ts'
import type { CheckRequest, WorkerMessage } from './worker-messages.ts'

export interface NsfwGuardOptions {
  /**
   * Where the worker's script is, `buddy-guard-worker.js` of this package. @default beside the module that
   * contains this code
   */
  readonly workerUrl?: string | URL
  /** The thresholds of the verdicts. A missing threshold has its default. */
  readonly thresholds?: Partial<NsfwThresholds>
}

interface Pending {
  readonly resolve: (result: GuardResult) => void
  readonly reject: (error: Error) => void
}

class NsfwGuard implements Guard {
  readonly #worker: Worker
  readonly #thresholds: NsfwThresholds
  readonly #pending = new Map<number, Pending>()
  #lastId = 0

  constructor(worker: Worker, thresholds: NsfwThresholds) {
    this.#worker = worker
    this.#thresholds = thresholds
    worker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage>) => {
      if (data.type === 'scores') {
        this.#settle(data.id)?.resolve(resultOf(data.scores, this.#thresholds))
      } else if (data.type === 'unchecked') this.#settle(data.id)?.reject(new Error(data.message))
    })
    worker.addEventListener('error', ({ message }) => this.#rejectAll(message))
  }

  check(frame: ImageBitmap): Promise<GuardResult> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      const request: CheckRequest = { id, frame }
      this.#worker.postMessage(request, [frame])
    })
  }

  close(): void {
    this.#worker.terminate()
    this.#rejectAll('the guard was closed')
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  #rejectAll(message: string): void {
    for (const { reject } of this.#pending.values()) reject(new Error(message))
    this.#pending.clear()
  }
}

/** Resolves when the worker has loaded its model. */
function untilReady(worker: Worker, url: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage>) => {
      if (data.type === 'ready') resolve()
      else if (data.type === 'failed') {
        reject(new Error(`the guard's model cannot be used: ${data.message}`))
      }
    })
    // The event has no message if the script could not be loaded.
    worker.addEventListener('error', ({ message }) => {
      const reason = message || 'it cannot be loaded, or the content security policy forbids it'
      reject(new Error(`the guard's worker ${url.href} does not run: ${reason}`))
    })
  })
}

/**
 * Loads the guard that recognises nudity: nsfwjs with its model MobileNetV2, in a worker. Everything is in
 * the one script of the worker, which makes no request.
 * @throws Error (as a rejection) if the worker or the model cannot be used; the message says why
 */
export async function createNsfwGuard(options: NsfwGuardOptions = {}): Promise<Guard> {
  // A bundler recognises this form, and puts the file beside its own.
  const { workerUrl = new URL('./buddy-guard-worker.js', import.meta.url), thresholds } = options
  const url = new URL(workerUrl, location.href)
  const worker = startWorker(url)
  try {
    await untilReady(worker, url)
  } catch (error) {
    worker.terminate()
    throw error
  }
  return new NsfwGuard(worker, { ...defaultThresholds, ...thresholds })
}
