import { shortcuts } from './shortcuts.ts'
import type { ChatActions } from './view/chat-actions.ts'
import type { ChatView } from './view/chat-view.ts'

/**
 * Whether an input method (Japanese, Chinese, Korean …) uses a key press. Such a key is neither a
 * shortcut nor an Enter that sends. Safari emits the Enter or Escape that ends a composition after
 * `compositionend`, with `isComposing` false. Only the key code 229 identifies it (UI Events, §7.3.1).
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

/** Whether a node is a document or a shadow root, of any window. */
const isRoot = (node: EventTarget): node is Document | ShadowRoot =>
  'nodeType' in node &&
  (node.nodeType === Node.DOCUMENT_NODE || node.nodeType === Node.DOCUMENT_FRAGMENT_NODE)

/**
 * Whether the browser uses Escape itself: to leave full screen, or to close a popover of the page.
 */
function isEscapeTaken(path: readonly EventTarget[]): boolean {
  const roots = path.filter(isRoot)
  if (roots.some((root) => root.fullscreenElement)) return true
  if (!CSS.supports('selector(:popover-open)')) return false
  const popovers = roots.flatMap((root) => [
    ...root.querySelectorAll(':popover-open:not([popover="manual" i])'),
  ])
  // A popover around the element contains the call. Any other popover covers the element.
  return popovers.some((popover) => !path.includes(popover))
}

/**
 * Handles keys while focus is inside the element:
 *
 * - Single letters are shortcuts, unless focus is in a text field.
 * - Escape closes the topmost open part of the element. It never ends a call. The page does not receive
 *   such an Escape, because it would close a dialog of the page too. If no part of the element is
 *   open, the page and the browser receive Escape as usual.
 * - A key that is held down acts once.
 * - The element ignores keys while a popover of the page covers it.
 */
export class Keyboard {
  readonly #dependencies: KeyboardDependencies
  /** Whether the Escape that is held down has closed a part of the element. */
  #hasClosed = false

  constructor(dependencies: KeyboardDependencies) {
    this.#dependencies = dependencies
  }

  readonly handleKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    const path = event.composedPath()
    const [target] = path
    if (isForInputMethod(event)) {
      // The Enter that ends a composition would submit the form around the field.
      if (event.key === 'Enter' && target instanceof HTMLInputElement) event.preventDefault()
      return
    }
    if (event.key === 'Escape') return this.#handleEscape(event, path)
    // Browsers click a button at each repetition of Enter.
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
    switch (key.toUpperCase()) {
      case shortcuts.next:
        return actions.next
      case shortcuts.microphone:
        return actions.toggleMicrophone
      case shortcuts.camera:
        return actions.toggleCamera
      case shortcuts.stop:
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

  /** Returns the function that closes the topmost open part; undefined if no part is open. */
  #topmost(path: readonly EventTarget[]): (() => void) | undefined {
    const { root, view, actions } = this.#dependencies
    const { devices, isTextOpen, state } = view()
    // `close()` of the dialog makes the browser restore focus.
    const dialog = root().querySelector('dialog')
    if (dialog?.open) return () => dialog.close()
    if (state === 'idle' || state === 'closed') return undefined
    if (devices.isPanelOpen) return actions.toggleDevices
    // If the button that closes the messages is hidden, the messages are beside the stage.
    const isSheet = root().querySelector('.text-toggle')?.checkVisibility() ?? false
    if (isTextOpen && isSheet) return actions.toggleText
    if (!path.some((node) => node instanceof HTMLTextAreaElement)) return undefined
    // Keeps the unsent message. Outside the field, letters are shortcuts again.
    return () => root().querySelector<HTMLElement>('.messages')?.focus()
  }
}
