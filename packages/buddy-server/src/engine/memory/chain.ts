import FlatQueue from 'flatqueue'

/** The place of an item in a {@link Chain}. */
export interface Link<T> {
  readonly item: T
  /** The items of a chain are in the order of their ranks, the lowest first. */
  readonly rank: number
  readonly chain: Chain<T>
  /** Whether the link is in the queue of late items, and not yet between its neighbours. */
  isLate: boolean
  isRemoved: boolean
  previous: Link<T> | undefined
  next: Link<T> | undefined
}

/** Removed links in the queue of late items are dropped together when there are more than this number. */
const minStaleLinks = 64

/**
 * A list of items in the order of their ranks. Adding and removing an item takes constant time, if its rank is
 * not below that of the last one. An item with a lower rank waits in a priority queue until an iteration
 * reaches its place, and is linked in there, so it costs logarithmic time once. An iteration takes constant
 * time for each step besides that.
 */
export class Chain<T> {
  /** The number of items. */
  size = 0
  #head: Link<T> | undefined
  #tail: Link<T> | undefined
  #late: FlatQueue<Link<T>> | undefined
  #lateSize = 0

  add(item: T, rank: number): Link<T> {
    const link: Link<T> = {
      item,
      rank,
      chain: this,
      isLate: false,
      isRemoved: false,
      previous: undefined,
      next: undefined,
    }
    this.size++
    if (this.#tail && rank < this.#tail.rank) {
      link.isLate = true
      this.#lateSize++
      this.#late ??= new FlatQueue()
      this.#late.push(link, rank)
    } else this.#insert(link, this.#tail)
    return link
  }

  /** Removes an item, which must be in this chain. */
  remove(link: Link<T>): void {
    this.size--
    link.isRemoved = true
    if (link.isLate) {
      this.#lateSize--
      this.#dropStaleLinks()
      return
    }
    const { previous, next } = link
    if (previous) previous.next = next
    else this.#head = next
    if (next) next.previous = previous
    else this.#tail = previous
  }

  /** Returns the link of the item with the lowest rank; undefined if the chain is empty. */
  first(): Link<T> | undefined {
    if (this.#lateSize > 0) this.#linkLate(undefined, this.#head)
    return this.#head
  }

  /** Returns the link after this one, which must be in the chain; undefined if it is the last one. */
  after(link: Link<T>): Link<T> | undefined {
    if (this.#lateSize > 0) this.#linkLate(link, link.next)
    return link.next
  }

  /** Links in the late item that belongs between two neighbours, if there is one. */
  #linkLate(previous: Link<T> | undefined, next: Link<T> | undefined): void {
    const late = this.#late!
    let link = late.peek()
    while (link?.isRemoved) {
      late.pop()
      link = late.peek()
    }
    if (!link || (next && next.rank <= link.rank)) return
    late.pop()
    link.isLate = false
    this.#lateSize--
    this.#insert(link, previous)
    this.#dropStaleLinks()
  }

  #insert(link: Link<T>, previous: Link<T> | undefined): void {
    const next = previous ? previous.next : this.#head
    link.previous = previous
    link.next = next
    if (previous) previous.next = link
    else this.#head = link
    if (next) next.previous = link
    else this.#tail = link
  }

  #dropStaleLinks(): void {
    const late = this.#late
    if (!late) return
    if (this.#lateSize === 0) this.#late = undefined
    else if (late.length > minStaleLinks + this.#lateSize * 2) {
      const kept = late.ids.slice(0, late.length).filter(({ isRemoved }) => !isRemoved)
      this.#late = new FlatQueue()
      for (const link of kept) this.#late.push(link, link.rank)
    }
  }
}
