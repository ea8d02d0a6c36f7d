import type { ClientEvents, Unsubscribe } from '@buddy-chat/client'
import type { ChatClient } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
import type { ViewState } from '../view/view-state.ts'
import { explain } from '../words/explain.ts'
import type { ControllerHost } from './controller-host.ts'

interface VeilDependencies {
  readonly client: Pick<ChatClient, 'on' | 'setRevealed'>
  readonly viewState: ViewState
  readonly announce: ControllerHost['announce']
}

/** Whether the visitor's picture is veiled: the client sends only a coarse picture. */
export class Veil {
  readonly #dependencies: VeilDependencies

  constructor(dependencies: VeilDependencies) {
    this.#dependencies = dependencies
  }

  listen(): Unsubscribe[] {
    const { client, viewState } = this.#dependencies
    return [
      client.on('match', () => viewState.show({ reveal: undefined })),
      client.on('reveal', (reveal) => this.#handleReveal(reveal)),
    ]
  }

  /** Agrees to show the faces, or veils the visitor's own picture again. */
  toggle(): void {
    const { reveal } = this.#dependencies.viewState.view
    if (reveal) this.#setRevealed(!reveal.self)
  }

  /**
   * Veils the visitor's own picture at once. Does nothing if it is veiled already, or without
   * `reveal="mutual"`.
   */
  veilOwnPicture(): void {
    if (this.#dependencies.viewState.view.reveal?.self) this.#setRevealed(false)
  }

  #setRevealed(isRevealed: boolean): void {
    const { client, viewState } = this.#dependencies
    try {
      client.setRevealed(isRevealed)
    } catch (error) {
      if (!isBuddyError(error)) throw error
      // `not-in-call` means that the partner has just left, which the element shows already.
      if (error.code !== 'not-in-call') {
        viewState.showNotice(explain(viewState.view.words, error).body)
      }
    }
  }

  #handleReveal(reveal: ClientEvents['reveal']): void {
    const { viewState, announce } = this.#dependencies
    viewState.show({ reveal })
    announce('buddy-reveal', reveal)
  }
}
