import type { BuddyClientOptions } from '@buddy-chat/client'
import type { ChatClient, ClientPart } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
import { StartGate } from '../lifecycle/start-gate.ts'
import { isRunning } from '../view/is-running.ts'
import type { ViewState } from '../view/view-state.ts'
import { Agreement } from './agreement.ts'
import type { ControllerHost } from './controller-host.ts'
import type { Settings } from './settings.ts'

interface StartsDependencies {
  readonly client: Pick<ChatClient, 'preview' | 'start' | 'state' | 'stop'>
  readonly host: Pick<
    ControllerHost,
    | 'agreed'
    | 'announce'
    | 'clientOptions'
    | 'isConnected'
    | 'remembersDevices'
    | 'requiredAgreement'
  >
  readonly viewState: ViewState
  readonly settings: Settings
  readonly createError: ClientPart['createError']
  /** Selects the devices of an earlier visit. */
  readonly recallDevices: () => void
}

/**
 * Handles all actions that open devices or a connection: Start, `start()`, the automatic start and the
 * preview. Each waits until the visitor has agreed to what the page requires.
 */
export class Starts {
  readonly #dependencies: StartsDependencies
  readonly #gate: StartGate
  readonly #agreement: Agreement

  constructor(dependencies: StartsDependencies) {
    this.#dependencies = dependencies
    const { client, host, viewState, createError } = dependencies
    this.#agreement = new Agreement({
      required: () => host.requiredAgreement(),
      agreed: () => host.agreed,
      remembers: () => host.remembersDevices(),
      announce: (answer) => host.announce('buddy-agreement', answer),
      onQuestion: (agreement) => viewState.show({ agreement, isAgreementRefused: false }),
      onAgreed: (version) => (host.agreed = version),
      onRefused: (isCancelled) => {
        this.#gate.stop()
        viewState.show({ isAgreementRefused: !isCancelled })
      },
    })
    this.#gate = new StartGate({
      client,
      isInPage: () => host.isConnected,
      hasAgreement: () => this.#agreement.request(),
      mayStart: () => host.announce('buddy-start', null),
      begin: (overrides) => this.#begin(overrides),
      createError,
    })
  }

  start(overrides: BuddyClientOptions): Promise<void> {
    return this.#gate.start(overrides)
  }

  /** Starts as if the page had called `start()`, but reports a failure by `buddy-error`. */
  async startByHand(withoutCamera: boolean): Promise<void> {
    try {
      await this.start(withoutCamera ? { camera: false } : {})
    } catch (error) {
      if (!isBuddyError(error)) throw error
      if (error.code !== 'aborted') this.#dependencies.host.announce('buddy-error', { error })
    }
  }

  handleArrival(): void {
    this.#gate.handleArrival()
  }

  autostart(): void {
    if (this.#gate.takeAutostart()) void this.startByHand(false)
  }

  /** Begins a start that has waited for the element to be inserted into a page, or for an agreement. */
  proceed(): void {
    this.#agreement.refresh()
    this.#gate.proceed()
  }

  answerAgreement(isGiven: boolean): void {
    this.#agreement.answer(isGiven)
  }

  /** Resolves with whether the visitor has agreed to what the page requires. Asks if necessary. */
  obtainAgreement(): Promise<boolean> {
    return this.#agreement.obtain()
  }

  /** Opens the devices for the preview. */
  async preview(): Promise<void> {
    const { client, host, viewState, recallDevices } = this.#dependencies
    if (!this.#agreement.request() && !(await this.#agreement.obtain())) return
    recallDevices()
    viewState.show({ problem: undefined, isPreviewProblem: false, isOpeningPreview: true })
    try {
      await client.preview(host.clientOptions())
    } catch (error) {
      if (!isBuddyError(error)) throw error
      viewState.show({ problem: error, isPreviewProblem: true })
      host.announce('buddy-error', { error })
    } finally {
      viewState.show({ isOpeningPreview: false })
    }
  }

  stop(): void {
    this.#agreement.close()
    this.#gate.stop()
  }

  release(): void {
    this.#agreement.close()
    this.#gate.release()
  }

  /** Called when the client has stopped. From now on, the view shows the settings of the next start. */
  handleStopped(): void {
    const { settings, viewState } = this.#dependencies
    settings.end()
    viewState.show(settings.view)
  }

  async #begin(overrides: BuddyClientOptions): Promise<void> {
    const { client, viewState, settings, recallDevices } = this.#dependencies
    recallDevices()
    const options = settings.begin(overrides)
    viewState.show({
      problem: undefined,
      isPreviewProblem: false,
      isAgreementRefused: false,
      notice: undefined,
      measure: undefined,
    })
    try {
      await client.start(options)
    } catch (error) {
      if (!isRunning(client)) this.handleStopped()
      if (isBuddyError(error) && error.code !== 'aborted') viewState.show({ problem: error })
      throw error
    }
  }
}
