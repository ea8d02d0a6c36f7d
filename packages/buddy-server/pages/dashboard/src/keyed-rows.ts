/** One row of a table. */
export interface Row<Item> {
  readonly element: HTMLTableRowElement
  readonly show: (item: Item) => void
}

/**
 * Shows items as table rows. An item keeps the same row element as long as it is shown, so that a selection,
 * the focus and the position of a screen reader stay after the next poll.
 */
export class KeyedRows<Item> {
  readonly #body: HTMLTableSectionElement
  readonly #keyOf: (item: Item) => string
  readonly #createRow: (item: Item) => Row<Item>
  readonly #rows = new Map<string, Row<Item>>()

  /**
   * @param keyOf returns a key that is different for each item
   * @throws Error if the table has no body
   */
  constructor(
    table: HTMLElement,
    keyOf: (item: Item) => string,
    createRow: (item: Item) => Row<Item>,
  ) {
    const body = table.querySelector('tbody')
    if (!body) throw new Error(`#${table.id} has no body`)
    this.#body = body
    this.#keyOf = keyOf
    this.#createRow = createRow
  }

  /** Shows one row for each item, in the order of `items`. */
  show(items: readonly Item[]): void {
    const gone = new Set(this.#rows.keys())
    for (const [index, item] of items.entries()) {
      const key = this.#keyOf(item)
      gone.delete(key)
      const row = this.#rows.get(key) ?? this.#createRow(item)
      this.#rows.set(key, row)
      row.show(item)
      const present = this.#body.rows[index]
      if (present !== row.element) this.#body.insertBefore(row.element, present ?? null)
    }
    for (const key of gone) {
      this.#rows.get(key)?.element.remove()
      this.#rows.delete(key)
    }
  }
}
