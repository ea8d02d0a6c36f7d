/** The element of one item. */
export interface Row<Item> {
  readonly element: HTMLElement
  readonly show: (item: Item) => void
  /**
   * Called when the item is no longer among those that are shown. If it returns true, the element stays at
   * its place until the next call. @default the element is removed
   */
  readonly keep?: () => boolean
}

interface KeyedListOptions<Item> {
  /** Returns a key that is different for each item. */
  readonly keyOf: (item: Item) => string
  readonly createRow: (item: Item) => Row<Item>
}

/**
 * Shows items as children of an element. An item keeps the same child as long as it is shown, so that a
 * selection, the focus, a half-filled form and the position of a screen reader stay after the next poll.
 */
export class KeyedList<Item> {
  readonly #container: HTMLElement
  readonly #options: KeyedListOptions<Item>
  readonly #rows = new Map<string, Row<Item>>()

  constructor(container: HTMLElement, options: KeyedListOptions<Item>) {
    this.#container = container
    this.#options = options
  }

  /** Shows one child for each item, in the order of `items`. */
  show(items: readonly Item[]): void {
    const { keyOf, createRow } = this.#options
    const gone = new Set(this.#rows.keys())
    const kept = new Set<Element>()
    for (const item of items) gone.delete(keyOf(item))
    for (const key of gone) {
      const row = this.#rows.get(key)
      if (!row) continue
      if (row.keep?.()) kept.add(row.element)
      else {
        row.element.remove()
        this.#rows.delete(key)
      }
    }
    let present = this.#container.firstElementChild
    for (const item of items) {
      const key = keyOf(item)
      const row = this.#rows.get(key) ?? createRow(item)
      this.#rows.set(key, row)
      row.show(item)
      while (present && kept.has(present)) present = present.nextElementSibling
      if (present === row.element) present = present.nextElementSibling
      else this.#container.insertBefore(row.element, present)
    }
  }
}

/**
 * Returns the body of a table, for a {@link KeyedList}.
 * @throws Error if the table has none
 */
export function bodyOf(table: HTMLElement): HTMLElement {
  const body = table.querySelector('tbody')
  if (!body) throw new Error(`#${table.id} has no body`)
  return body
}
