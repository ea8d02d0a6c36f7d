/**
 * Moves the focus from a button of a list item, which is about to be removed, to the same button of the next
 * item. Without a next item, the focus moves to that of the previous item, otherwise to the field of the
 * list.
 */
export function focusNeighbour(button: HTMLElement): void {
  const item = button.closest('li')
  const [part = ''] = button.part
  const neighbour = item?.nextElementSibling ?? item?.previousElementSibling
  const next =
    neighbour?.querySelector<HTMLElement>(`[part~="${part}"]`) ??
    item?.closest('.criterion')?.querySelector<HTMLElement>('input, select')
  next?.focus({ preventScroll: true })
}
