import type { BuddyClientOptions } from '@buddy-chat/client'
import type { ChatView } from '../view/chat-view.ts'
import { initialView } from '../view/initial-view.ts'

type ShownSettings = Pick<ChatView, 'mode' | 'name' | 'hasText' | 'hasCamera'>

/** What the attributes say, and what the present run was started with: they may differ. */
export class Settings {
  readonly #options: () => BuddyClientOptions
  #wanted: ShownSettings = {
    mode: initialView.mode,
    name: initialView.name,
    hasText: initialView.hasText,
    hasCamera: initialView.hasCamera,
  }
  #running: { readonly options: BuddyClientOptions; readonly print: string } | undefined

  /** @param options options for the next start, as the attributes have them now */
  constructor(options: () => BuddyClientOptions) {
    this.#options = options
  }

  /** The visitor's name, for the next start. */
  get name(): string {
    return this.#wanted.name
  }

  /** Options of the present run, or of the next one if none runs. */
  get options(): BuddyClientOptions {
    return this.#running?.options ?? this.#options()
  }

  /** What the screen shows: of a run what it was started with, and whether something else is wanted by now. */
  get view(): Partial<ChatView> {
    if (!this.#running) return { ...this.#wanted, hasChangesWaiting: false }
    return { hasChangesWaiting: this.#print(this.#options()) !== this.#running.print }
  }

  /** Returns whether devices that are open to be looked at are no longer the ones that a start opens. */
  change(settings: Partial<ShownSettings>): boolean {
    const { mode, hasCamera } = this.#wanted
    this.#wanted = { ...this.#wanted, ...settings }
    return mode !== this.#wanted.mode || hasCamera !== this.#wanted.hasCamera
  }

  /** A run begins with what is wanted now. Returns its options. */
  begin(overrides: BuddyClientOptions): BuddyClientOptions {
    const options = this.#options()
    this.#running = { options: { ...options, ...overrides }, print: this.#print(options) }
    return this.#running.options
  }

  /** The run is over. */
  end(): void {
    this.#running = undefined
  }

  /** A token is renewed without anything to see, and `lowdata` counts at once: neither ever waits. */
  #print({ token: _token, lowData: _lowData, ...options }: BuddyClientOptions): string {
    return JSON.stringify([options, this.#wanted.hasText])
  }
}
