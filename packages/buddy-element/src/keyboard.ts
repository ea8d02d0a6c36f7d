import type { ChatActions } from './view/chat-actions.ts'
import type { ChatView } from './view/chat-view.ts'

/**
 * Whether a key press belongs to an input method (Japanese, Chinese, Korean …): then it is neither a
 * shortcut nor an Enter that sends. Safari emits the Enter and the Escape that end a composition
 * after `compositionend`, with `isComposing` false; only the key code 229 is left to show it
 * (UI Events, §7.3.1).
 */
export function isForInputMethod({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229
}

interface KeyboardDependencies {
  /** The shadow root of the element. */
  readonly root: () => ParentNode
  readonly view: () => ChatView
  readonly actions: ChatActions
}

const isField = (node: EventTarget): boolean =>
  node instanceof Element && node.matches('input, select, textarea')

/** Documents and shadow roots, whichever window they are of. */
const isRoot = (node: EventTarget): node is Document | ShadowRoot =>
  'nodeType' in node &&
  (node.nodeType === Node.DOCUMENT_NODE || node.nodeType === Node.DOCUMENT_FRAGMENT_NODE)

/** Whether the browser uses Escape to leave full screen, or to close a popover of the page. */
function isEscapeTaken(path: readonly EventTarget[]): boolean {
  const roots = path.filter(isRoot)
  if (roots.some((root) => root.fullscreenElement)) return true
  if (!CSS.supports('selector(:popover-open)')) return false
  const popovers = roots.flatMap((root) => [
    ...root.querySelectorAll(':popover-open:not([popover="manual" i])'),
  ])
  // Around the element it holds a call; anywhere else it lies above the element.
  return popovers.some((popover) => !path.includes(popover))
}

/**
 * The keys of the element, while focus is inside it:
 *
 * - Single letters act, unless the visitor writes.
 * - Escape closes the topmost thing of the element, and nothing else. It never ends a call. Such an
 *   Escape does not reach the page, which would close its own dialog as well. If nothing of the
 *   element is open, Escape belongs to the page and the browser.
 * - A key that is held down acts once.
 * - A popover of the page that lies above the element has all keys.
 */
export class Keyboard {
  readonly #dependencies: KeyboardDependencies
  /** Whether the Escape that is held down has closed something here. */
  #hasClosed = false

  constructor(dependencies: KeyboardDependencies) {
    this.#dependencies = dependencies
  }

  readonly handleKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    const path = event.composedPath()
    const [target] = path
    if (isForInputMethod(event)) {
      // The Enter that ends a composition must not submit the form around the field.
      if (event.key === 'Enter' && target instanceof HTMLInputElement) event.preventDefault()
      return
    }
    if (event.key === 'Escape') return this.#handleEscape(event, path)
    // Browsers press a button once for each repetition of Enter.
    const isPress = event.key === 'Enter' && target instanceof HTMLButtonElement
    if (event.repeat) return isPress ? event.preventDefault() : undefined
    if (path.some(isField) || isEscapeTaken(path)) return
    const act = this.#shortcut(event.key)
    if (!act) return
    event.preventDefault()
    act()
  }

  #shortcut(key: string): (() => void) | undefined {
    const { view, actions } = this.#dependencies
    const { state, doctor } = view()
    if (doctor || state === 'idle' || state === 'closed') return undefined
    switch (key.toLowerCase()) {
      case 'n':
        return actions.next
      case 'm':
        return actions.toggleMicrophone
      case 'v':
        return actions.toggleCamera
      case 's':
        return actions.stop
      default:
        return undefined
    }
  }

  #handleEscape(event: KeyboardEvent, path: readonly EventTarget[]): void {
    if (!event.repeat) {
      const close = isEscapeTaken(path) ? undefined : this.#topmost(path)
      this.#hasClosed = close !== undefined
      close?.()
    }
    if (!this.#hasClosed) return
    event.preventDefault()
    event.stopPropagation()
  }

  /** Closes what is on top; undefined if nothing of the element is open. */
  #topmost(path: readonly EventTarget[]): (() => void) | undefined {
    const { root, view, actions } = this.#dependencies
    const { devices, isTextOpen, state } = view()
    // Closed by the dialog itself, so that the browser returns focus to where it was.
    const dialog = root().querySelector('dialog')
    if (dialog?.open) return () => dialog.close()
    if (state === 'idle' || state === 'closed') return undefined
    if (devices.isPanelOpen) return actions.toggleDevices
    // Without the button that closes the messages they lie beside the stage, not above it.
    const isSheet = root().querySelector('.text-toggle')?.checkVisibility() ?? false
    if (isTextOpen && isSheet) return actions.toggleText
    if (!path.some((node) => node instanceof HTMLTextAreaElement)) return undefined
    // A message that is half written stays; the letters are shortcuts again.
    return () => root().querySelector<HTMLElement>('.lines')?.focus()
  }
}
