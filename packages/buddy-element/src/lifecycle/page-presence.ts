/**
 * How long an element may be outside the page before it is released, for example during a view
 * transition.
 */
const graceMs = 500

interface PagePresenceDependencies {
  readonly element: HTMLElement
  /** Called once, when the presence ends. */
  readonly onEnd: () => void
}

/**
 * Decides when an element has left the page for good. Until then camera and call continue, so that
 * an app can move the element. The presence begins when the element is inserted. It ends half a
 * second after the element was removed, unless it was inserted again. It ends at once in two cases:
 * if the page is hidden or closed while the element is removed, or if the element was moved to
 * another window and that window closes.
 */
export class PagePresence {
  readonly #dependencies: PagePresenceDependencies
  #isPresent = false
  #grace: ReturnType<typeof setTimeout> | undefined
  #listening = new AbortController()

  constructor(dependencies: PagePresenceDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Called when the element was inserted, perhaps into another document. Returns whether a presence
   * begins.
   */
  handleConnected(): boolean {
    const { element } = this.#dependencies
    const isNew = !this.#isPresent
    this.#isPresent = true
    this.#stopListening()
    const { ownerDocument } = element
    const view = ownerDocument.defaultView
    // The window that runs this code needs no listener, because the element ends with it. Another
    // window, such as a popup, may close earlier.
    if (view && view !== globalThis.window) {
      this.#listen(view, 'pagehide', () => {
        // The timeout lets other listeners run first: the page may move the element back when a
        // picture-in-picture window closes.
        setTimeout(() => {
          if (element.ownerDocument === ownerDocument) this.#end()
        })
      })
    }
    return isNew
  }

  /** Called when the element was removed from its document. */
  handleDisconnected(): void {
    const { ownerDocument } = this.#dependencies.element
    this.#stopListening()
    this.#grace = setTimeout(() => this.#end(), graceMs)
    for (const page of new Set([document, ownerDocument])) {
      this.#listen(page, 'visibilitychange', () => {
        if (page.visibilityState === 'hidden') this.#end()
      })
      if (page.defaultView) this.#listen(page.defaultView, 'pagehide', () => this.#end())
    }
  }

  #end(): void {
    this.#stopListening()
    if (!this.#isPresent) return
    this.#isPresent = false
    this.#dependencies.onEnd()
  }

  #listen(target: EventTarget, type: string, handle: () => void): void {
    target.addEventListener(type, handle, { signal: this.#listening.signal })
  }

  /** Removes all listeners and the timer. */
  #stopListening(): void {
    clearTimeout(this.#grace)
    this.#listening.abort()
    this.#listening = new AbortController()
  }
}
