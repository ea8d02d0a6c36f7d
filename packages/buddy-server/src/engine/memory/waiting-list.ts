/** An item that is in a {@link WaitingList} or not. The list alone uses the position. */
export interface Positioned {
  /** The position in the list; -1 if the item is in none. */
  position: number
}

/** A set of items that finds each item by a number in the item itself, because a lookup would cost more. */
export class WaitingList<W extends Positioned> implements Iterable<W> {
  readonly #items: W[] = []

  get size(): number {
    return this.#items.length
  }

  /** Adds an item, which must not be in the list. */
  add(item: W): void {
    item.position = this.#items.length
    this.#items.push(item)
  }

  /** Removes an item, which must be in the list. The last one takes its position. */
  delete(item: W): void {
    const last = this.#items.pop()!
    if (last !== item) {
      last.position = item.position
      this.#items[item.position] = last
    }
    item.position = -1
  }

  /**
   * Visits all items from the last to the first. So items that are removed meanwhile let no other be skipped. Items
   * that are added meanwhile are not visited.
   */
  *[Symbol.iterator](): Iterator<W> {
    for (let index = this.#items.length - 1; index >= 0; index--) {
      const item = this.#items[index]
      if (item) yield item
    }
  }
}
