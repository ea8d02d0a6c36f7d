/** One row of a table. */
export interface Row<Item> {
  readonly element: HTMLTableRowElement
  readonly show: (item: Item) => void
}

/**
 * Rows that stay the same elements for as long as their item is there, so that what somebody has
 * selected, focused or is being read out survives the next poll.
 */
export class KeyedRows<Item> {
  readonly #body: HTMLTableSectionElement
  readonly #keyOf: (item: Item) => string
  readonly #createRow: (item: Item) => Row<Item>
  readonly #rows = new Map<string, Row<Item>>()

  /**
   * @param keyOf what tells an item from the others; no two may have the same
   * @throws Error where the table has no body
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

  /** Shows one row for each of `items`, in their order. */
  show(items: readonly Item[]): void {
    const gone = new Set(this.#rows.keys())
    for (const [index, item] of items.entries()) {
      const key = this.#keyOf(item)
      gone.delete(key)
      const row = this.#rows.get(key) ?? this.#createRow(item)
      this.#rows.set(key, row)
      row.show(item)
      const there = this.#body.rows[index]
      if (there !== row.element) this.#body.insertBefore(row.element, there ?? null)
    }
    for (const key of gone) {
      this.#rows.get(key)?.element.remove()
      this.#rows.delete(key)
    }
  }
}
