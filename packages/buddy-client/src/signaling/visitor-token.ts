import { maxFieldBytes } from '@buddy-chat/protocol'

/** The part of `localStorage` that a client uses. */
export type VisitorStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/**
 * The token by which the server recognises this browser, also in another tab and on another day, so that
 * people who have blocked each other do not meet again. Only the server that made it can read it.
 */
export class VisitorToken {
  readonly #key: string
  readonly #storage: () => VisitorStorage | undefined
  readonly #isStored: boolean
  /** The latest token, for pages without storage. */
  #token: string | null = null

  /**
   * @param storage returns the storage; undefined if there is none. It may throw, as `localStorage` does in a
   *   sandboxed frame
   * @param isStored false: the token is kept until the page is closed, and one that was stored earlier is deleted
   */
  constructor(
    url: string,
    site: string,
    storage: () => VisitorStorage | undefined,
    isStored = true,
  ) {
    this.#key = `buddy-visitor ${url} ${site}`
    this.#storage = storage
    this.#isStored = isStored
    if (!isStored) this.#delete()
  }

  /** Returns the token that another tab or an earlier visit has stored; null if there is none. */
  read(): string | null {
    if (!this.#isStored) return this.#token
    let stored: string | null | undefined
    try {
      stored = this.#storage()?.getItem(this.#key)
    } catch {
      // The page may not use storage.
    }
    // A token has only ASCII characters. What is too long cannot be one, and must not make `hello` fail.
    const isUsable = typeof stored === 'string' && /^[!-~]+$/.test(stored)
    if (isUsable && stored && stored.length <= maxFieldBytes.visitorToken) return stored
    return this.#token
  }

  /** Keeps the token of a `welcome`. */
  write(token: string | null | undefined): void {
    if (!token || token === this.#token) return
    this.#token = token
    if (!this.#isStored) return
    try {
      this.#storage()?.setItem(this.#key, token)
    } catch {
      // The storage is full, or the page may not use it. The token is kept until the page is closed.
    }
  }

  #delete(): void {
    try {
      this.#storage()?.removeItem(this.#key)
    } catch {
      // The page may not use storage, so it has stored nothing.
    }
  }
}
