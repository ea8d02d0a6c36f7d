import type { BuddyClientOptions } from '@buddy-chat/client'
import type { ChatView } from '../view/chat-view.ts'
import { initialView } from '../view/initial-view.ts'

type ShownSettings = Pick<ChatView, 'mode' | 'name' | 'hasText' | 'hasCamera'>

/** The settings of the running call and those of the next start, which come from the attributes. */
export class Settings {
  readonly #options: () => BuddyClientOptions
  #wanted: ShownSettings = {
    mode: initialView.mode,
    name: initialView.name,
    hasText: initialView.hasText,
    hasCamera: initialView.hasCamera,
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

  /** Options of the running call, or of the next start if none runs. */
  get options(): BuddyClientOptions {
    return this.#running?.options ?? this.#options()
  }

  /** The changes of the view: during a call only whether other settings wait for the next start. */
  get view(): Partial<ChatView> {
    if (!this.#running) return { ...this.#wanted, hasChangesWaiting: false }
    return { hasChangesWaiting: this.#print(this.#options()) !== this.#running.print }
  }

  /**
   * Changes settings of the next start. Returns whether a start would open other devices than
   * before.
   */
  change(settings: Partial<ShownSettings>): boolean {
    const { mode, hasCamera } = this.#wanted
    this.#wanted = { ...this.#wanted, ...settings }
    return mode !== this.#wanted.mode || hasCamera !== this.#wanted.hasCamera
  }

  /** A call begins with the current settings. Returns its options. */
  begin(overrides: BuddyClientOptions): BuddyClientOptions {
    const options = this.#options()
    this.#running = { options: { ...options, ...overrides }, print: this.#print(options) }
    return this.#running.options
  }

  /** The call has ended. */
  end(): void {
    this.#running = undefined
  }

  /**
   * Identifies settings. Ignores the token, which pages renew, and `lowdata`, which takes effect at
   * once.
   */
  #print({ token: _token, lowData: _lowData, ...options }: BuddyClientOptions): string {
    return JSON.stringify([options, this.#wanted.hasText])
  }
}
