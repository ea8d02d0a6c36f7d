/** How long an element may be out of the page, as in a view transition, before everything ends. */
const graceMs = 500

interface PagePresenceDependencies {
  readonly element: HTMLElement
  /** The element is gone, or its window is: everything it holds is to be released. Once for each stay. */
  readonly onEnd: () => void
}

/**
 * The time an element is in a page. An app that takes it out and puts it back does not end it, if that is
 * within half a second: camera and call go on meanwhile. A page that is hidden or closed in that time ends it at
 * once, and so does the end of another window that the element was moved to.
 */
export class PagePresence {
  readonly #dependencies: PagePresenceDependencies
  #isOn = false
  #grace: ReturnType<typeof setTimeout> | undefined
  #listening = new AbortController()

  constructor(dependencies: PagePresenceDependencies) {
    this.#dependencies = dependencies
  }

  /** The element is in a page, perhaps another one than before. Returns whether a stay begins. */
  handleConnected(): boolean {
    const { element } = this.#dependencies
    const isNew = !this.#isOn
    this.#isOn = true
    this.#listenAnew()
    const { ownerDocument } = element
    const view = ownerDocument.defaultView
    // The own window takes everything along when it closes. Of another one the element would outlive the end.
    if (view && view !== globalThis.window) {
      this.#listen(view, 'pagehide', () => {
        // A page takes the element back in a listener of its own, as from a picture-in-picture window.
        setTimeout(() => {
          if (element.ownerDocument === ownerDocument) this.#end()
        })
      })
    }
    return isNew
  }

  /** The element is in no page any more. */
  handleDisconnected(): void {
    const { ownerDocument } = this.#dependencies.element
    this.#listenAnew()
    this.#grace = setTimeout(() => this.#end(), graceMs)
    for (const page of new Set([document, ownerDocument])) {
      this.#listen(page, 'visibilitychange', () => {
        if (page.visibilityState === 'hidden') this.#end()
      })
      if (page.defaultView) this.#listen(page.defaultView, 'pagehide', () => this.#end())
    }
  }

  #end(): void {
    this.#listenAnew()
    if (!this.#isOn) return
    this.#isOn = false
    this.#dependencies.onEnd()
  }

  #listen(target: EventTarget, type: string, handle: () => void): void {
    target.addEventListener(type, handle, { signal: this.#listening.signal })
  }

  /** Forgets what was waited for, in whichever window. */
  #listenAnew(): void {
    clearTimeout(this.#grace)
    this.#listening.abort()
    this.#listening = new AbortController()
  }
}
