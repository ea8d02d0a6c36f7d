import { shortcuts } from './shortcuts.ts'
import type { ChatActions } from './view/chat-actions.ts'
import type { ChatView } from './view/chat-view.ts'
import { canReport } from './view/can-report.ts'
import { isRunning } from './view/is-running.ts'

/**
 * Returns whether a key press belongs to an input method, as for Japanese, Chinese or Korean. Such
 * a press must neither act as a shortcut nor send a message. Safari emits the Enter or Escape that
 * ends a composition after `compositionend`, with `isComposing` false. Only the key code 229
 * identifies it (UI Events, §7.3.1).
 */
export function isForInputMethod({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229
}

interface KeyboardDependencies {
  /** Returns the shadow root of the element. */
  readonly root: () => ParentNode
  readonly view: () => ChatView
  readonly actions: ChatActions
}

const isField = (node: EventTarget): boolean =>
  node instanceof Element && node.matches('input, select, textarea')

/** Returns whether a node is a document or a shadow root, of any window. */
const isRoot = (node: EventTarget): node is Document | ShadowRoot =>
  'nodeType' in node &&
  (node.nodeType === Node.DOCUMENT_NODE || node.nodeType === Node.DOCUMENT_FRAGMENT_NODE)

/**
 * Returns whether the browser uses Escape itself: to leave full screen, or to close a popover of
 * the page.
 */
function isEscapeTaken(path: readonly EventTarget[]): boolean {
  const roots = path.filter(isRoot)
  if (roots.some((root) => root.fullscreenElement)) return true
  if (!CSS.supports('selector(:popover-open)')) return false
  const popovers = roots.flatMap((root) => [
    ...root.querySelectorAll(':popover-open:not([popover="manual" i])'),
  ])
  // A popover that contains the element does not count, because the call is inside it. Any other
  // open popover covers the element.
  return popovers.some((popover) => !path.includes(popover))
}

/**
 * Handles keys while focus is inside the element:
 *
 * - Single letters are shortcuts, unless focus is in a text field.
 * - Escape closes the topmost open dialog or panel of the element. It never ends a call. The page
 *   does not receive such an Escape, because it would close a dialog of the page too. If nothing in
 *   the element is open, the page and the browser receive Escape as usual.
 * - A key that is held down acts once.
 * - The element ignores keys while a popover of the page covers it.
 */
export class Keyboard {
  readonly #dependencies: KeyboardDependencies
  /**
   * Whether the latest press of Escape has closed something in the element. If so, the page does
   * not receive its repetitions either.
   */
  #hasClosed = false

  constructor(dependencies: KeyboardDependencies) {
    this.#dependencies = dependencies
  }

  readonly handleKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    const path = event.composedPath()
    const [target] = path
    if (isForInputMethod(event)) {
      // Without this, the Enter that ends a composition would submit the form around the field.
      if (event.key === 'Enter' && target instanceof HTMLInputElement) event.preventDefault()
      return
    }
    if (event.key === 'Escape') return this.#handleEscape(event, path)
    // If Enter is held down, browsers click the focused button at each repetition.
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
    if (view().doctor || view().report || !isRunning(view())) return undefined
    switch (key.toUpperCase()) {
      case shortcuts.next:
        return actions.next
      case shortcuts.microphone:
        return actions.toggleMicrophone
      case shortcuts.camera:
        return actions.toggleCamera
      case shortcuts.stop:
        return actions.stop
      case shortcuts.report:
        return canReport(view()) ? () => actions.reports.open() : undefined
      case shortcuts.face:
        return view().reveal ? actions.toggleFace : undefined
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

  /**
   * Returns the function that closes the topmost open dialog or panel; undefined if nothing is
   * open.
   */
  #topmost(path: readonly EventTarget[]): (() => void) | undefined {
    const { root, view, actions } = this.#dependencies
    const { devices, criteria, isTextOpen } = view()
    // `close()` is called on the dialog itself, because the browser then restores the focus.
    const dialog = root().querySelector('dialog')
    if (dialog?.open) return () => dialog.close()
    if (!isRunning(view())) return undefined
    if (devices.isPanelOpen) return actions.toggleDevices
    if (criteria.isOpen) return actions.criteria.toggle
    // The messages cover the stage only if the button that closes them is visible. Otherwise they
    // are beside the stage and stay open.
    const isSheet = root().querySelector('.text-toggle')?.checkVisibility() ?? false
    if (isTextOpen && isSheet) return actions.toggleText
    if (!path.some((node) => node instanceof HTMLTextAreaElement)) return undefined
    // Only moves the focus out of the field: the unsent message stays, and letters are shortcuts
    // again.
    return () => root().querySelector<HTMLElement>('.messages')?.focus()
  }
}
