/**
 * By part name of a button: the buttons that may replace it. The first of them that is shown gets
 * the focus.
 */
const successors: Readonly<Record<string, readonly string[]>> = {
  'preview-button': ['close-preview-button', 'agreement-screen'],
  'close-preview-button': ['preview-button'],
  'start-button': ['next-button', 'agreement-screen'],
  'accept-agreement-button': ['next-button'],
  'audio-only-button': ['next-button'],
  'retry-button': ['next-button'],
  'another-button': ['next-button'],
  'dismiss-measure-button': ['next-button'],
  'report-earlier-button': ['report-button'],
}

/**
 * Parts that get the focus if no successor is shown. Neither does harm if the visitor presses the
 * same key again.
 */
const fallbacks = ['start-button', 'stage'] as const

const isShown = (node: Element): boolean =>
  node.isConnected && node.checkVisibility({ visibilityProperty: true })

/**
 * Moves focus to the successor of `focused`, the node that had focus before the latest rendering.
 * Does nothing if `focused` is still shown, or if another node of the element or the page has the
 * focus. Without this, the browser would move focus to the body: shortcuts would not work, and a
 * screen reader would start again at the top of the page.
 */
export function keepFocus(root: ShadowRoot, focused: Element | null): void {
  if (!focused || isShown(focused)) return
  const around = root.host.getRootNode() as Document | ShadowRoot
  const { activeElement } = around
  const isDropped =
    !activeElement || activeElement === root.host || activeElement.localName === 'body'
  if (!isDropped || (root.activeElement && root.activeElement !== focused)) return
  const wanted = [...focused.part].flatMap((name) => successors[name] ?? [])
  const nodes = [...wanted, ...fallbacks].flatMap((name) => [
    ...root.querySelectorAll<HTMLElement>(`[part~="${name}"]`),
  ])
  nodes.find(isShown)?.focus({ preventScroll: true })
}
