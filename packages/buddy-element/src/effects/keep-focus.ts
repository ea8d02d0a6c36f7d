/** What takes the place of a part that is taken away, by part names; the first that is shown. */
const successors: Readonly<Record<string, readonly string[]>> = {
  'preview-button': ['close-preview-button'],
  'close-preview-button': ['preview-button'],
  'start-button': ['next-button'],
  'audio-only-button': ['next-button'],
  'retry-button': ['next-button'],
  'another-button': ['next-button'],
}

/** The way to start, or else the stage: neither does harm if the same key is pressed once more. */
const others = ['start-button', 'stage'] as const

const isShown = (node: Element): boolean =>
  node.isConnected && node.checkVisibility({ visibilityProperty: true })

/**
 * Moves focus to what replaces `focused`, which had it before `root` was rendered anew. Does nothing
 * if `focused` is still there, or if focus has gone elsewhere meanwhile, in the page too. Without
 * this the browser drops focus to the body: keys would act no more, and a screen reader would start
 * again at the top of the page.
 */
export function keepFocus(root: ShadowRoot, focused: Element | null): void {
  if (!focused || isShown(focused)) return
  const around = root.host.getRootNode() as Document | ShadowRoot
  const { activeElement } = around
  const isDropped =
    !activeElement || activeElement === root.host || activeElement.localName === 'body'
  if (!isDropped || (root.activeElement && root.activeElement !== focused)) return
  const wanted = [...focused.part].flatMap((name) => successors[name] ?? [])
  const nodes = [...wanted, ...others].flatMap((name) => [
    ...root.querySelectorAll<HTMLElement>(`[part~="${name}"]`),
  ])
  nodes.find(isShown)?.focus({ preventScroll: true })
}
