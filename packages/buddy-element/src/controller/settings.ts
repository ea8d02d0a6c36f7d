import type { BuddyClientOptions } from '@buddy-chat/client'
import type { ChatView } from '../view/chat-view.ts'
import { initialView } from '../view/chat-view.ts'

/** The settings that the templates show. */
export type ShownSettings = Pick<
  ChatView,
  'mode' | 'name' | 'hasText' | 'hasCamera' | 'offersReport' | 'isMutual'
>

/**
 * Keeps the settings of the next start, and those that the client was started with while it runs.
 */
export class Settings {
  readonly #options: () => BuddyClientOptions
  #wanted: ShownSettings = {
    mode: initialView.mode,
    name: initialView.name,
    hasText: initialView.hasText,
    hasCamera: initialView.hasCamera,
    offersReport: initialView.offersReport,
    isMutual: initialView.isMutual,
  }
  #running: { readonly options: BuddyClientOptions; readonly print: string } | undefined

  /** @param options returns the options for the next start, from the current attributes */
  constructor(options: () => BuddyClientOptions) {
    this.#options = options
  }

  /** The visitor's name, for the next start. */
  get name(): string {
    return this.#wanted.name
  }

  /** The options that the client was started with, or those of the next start if it is stopped. */
  get options(): BuddyClientOptions {
    return this.#running?.options ?? this.#options()
  }

  /**
   * The fields of the view that depend on the settings. While the client runs, this is only whether
   * the settings of the next start differ.
   */
  get view(): Partial<ChatView> {
    if (!this.#running) return { ...this.#wanted, hasChangesWaiting: false }
    return { hasChangesWaiting: this.#print(this.#options()) !== this.#running.print }
  }

  /**
   * Changes settings of the next start. Returns whether that start will open other devices because
   * of this change.
   */
  change(settings: Partial<ShownSettings>): boolean {
    const { mode, hasCamera } = this.#wanted
    this.#wanted = { ...this.#wanted, ...settings }
    return mode !== this.#wanted.mode || hasCamera !== this.#wanted.hasCamera
  }

  /**
   * Called when the client starts. Returns the options to start with: the current ones, changed by
   * `overrides`.
   */
  begin(overrides: BuddyClientOptions): BuddyClientOptions {
    const options = this.#options()
    this.#running = { options: { ...options, ...overrides }, print: this.#print(options) }
    return this.#running.options
  }

  /** Called when the client has stopped. */
  end(): void {
    this.#running = undefined
  }

  /**
   * Returns a text that is the same for equal settings. Ignores the token, because pages renew it,
   * and what takes effect at once.
   */
  #print(options: BuddyClientOptions): string {
    const atOnce = {
      token: null,
      lowData: null,
      interests: null,
      languages: null,
      keepInterests: null,
      keepLanguages: null,
    }
    return JSON.stringify([
      { ...options, ...atOnce },
      this.#wanted.hasText,
      this.#wanted.offersReport,
    ])
  }
}
