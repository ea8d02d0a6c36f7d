import FlatQueue from 'flatqueue'

// A link is four numbers in an array of all links: its neighbours, the slot of its item, and the next link of
// the same item. A link is named by the position of the first of them; 0 means none.
const nextAt = 1
const slotAt = 2
const siblingAt = 3
const cellsPerLink = 4
const shift = 2
/** In place of the previous link: the link is in the queue of late links, or was removed while it was there. */
const late = -1
const lateAndRemoved = -2
/** The position of the owner's first number in those of a slot; the rank is before it. */
export const firstOwnNumber = 2

/**
 * The links of many chains, and their items. All of it is in a few arrays of numbers, which grow as needed. So
 * the garbage collector does not visit the links, and a removed link leaves no garbage.
 */
export class LinkTable<T> {
  /** The items by their slots. */
  readonly items: (T | undefined)[] = [undefined]
  /** How many numbers each slot has. */
  readonly numbersPerSlot: number
  /**
   * The numbers of all slots. The first two are the rank of the item, in `#ranks`. The others are of the owner of
   * the table, who finds them beside the rank in the memory.
   */
  numbers: Int32Array
  #ranks: Float64Array
  cells = new Int32Array(64)
  /** The chain of each link. */
  readonly chains: Chain<T>[] = []
  readonly #freeSlots: number[] = []
  /** The first link that is not in use. The next one is its neighbour. */
  #free = 0
  #end = cellsPerLink

  /** @param ownNumbers how many numbers of a slot the owner of the table uses; an even number */
  constructor(ownNumbers = 0) {
    this.numbersPerSlot = firstOwnNumber + ownNumbers
    this.numbers = new Int32Array(16 * this.numbersPerSlot)
    this.#ranks = new Float64Array(this.numbers.buffer)
  }

  /** Returns a slot for the item. A chain has its items in the order of their ranks, the lowest first. */
  claim(item: T, rank: number): number {
    const slot = this.#freeSlots.pop() ?? this.items.length
    if (slot * this.numbersPerSlot === this.numbers.length) {
      const numbers = new Int32Array(this.numbers.length * 2)
      numbers.set(this.numbers)
      this.numbers = numbers
      this.#ranks = new Float64Array(numbers.buffer)
    }
    this.items[slot] = item
    this.#ranks[(slot * this.numbersPerSlot) >> 1] = rank
    return slot
  }

  /** Frees a slot. Its item must be in no chain. */
  release(slot: number): void {
    this.items[slot] = undefined
    this.#freeSlots.push(slot)
  }

  /** Returns the item of a link. */
  itemOf(link: number): T {
    return this.items[this.cells[link + slotAt]!]!
  }

  /** Returns the slot of a link's item. */
  slotOf(link: number): number {
    return this.cells[link + slotAt]!
  }

  /** Returns the rank of a slot's item. */
  rankIn(slot: number): number {
    return this.#ranks[(slot * this.numbersPerSlot) >> 1]!
  }

  rankOf(link: number): number {
    return this.rankIn(this.cells[link + slotAt]!)
  }

  chainOf(link: number): Chain<T> {
    return this.chains[link >> shift]!
  }

  /** Returns the link that was passed to `create` with this one; 0 if it was none. */
  siblingOf(link: number): number {
    return this.cells[link + siblingAt]!
  }

  /** Returns a link that is in no chain yet. */
  create(slot: number, chain: Chain<T>, sibling: number): number {
    let link = this.#free
    if (link === 0) {
      link = this.#end
      this.#end += cellsPerLink
      if (this.#end > this.cells.length) {
        const cells = new Int32Array(this.cells.length * 2)
        cells.set(this.cells)
        this.cells = cells
      }
    } else this.#free = this.cells[link + nextAt]!
    const { cells } = this
    cells[link + slotAt] = slot
    cells[link + siblingAt] = sibling
    this.chains[link >> shift] = chain
    return link
  }

  /** Frees a link, which must be in no chain. */
  free(link: number): void {
    this.cells[link + nextAt] = this.#free
    this.#free = link
  }
}

/** Removed links in the queue of late links are dropped together when there are more than this number. */
const minStaleLinks = 64

/**
 * A list of items in the order of their ranks. Adding and removing an item takes constant time, if its rank is
 * not below that of the last one. An item with a lower rank waits in a priority queue until an iteration
 * reaches its place, and is linked in there, so it costs logarithmic time once. An iteration takes constant
 * time for each step besides that.
 */
export class Chain<T> {
  readonly table: LinkTable<T>
  /** The number of items. */
  size = 0
  #head = 0
  #tail = 0
  #late: FlatQueue<number> | undefined
  #lateSize = 0

  constructor(table: LinkTable<T>) {
    this.table = table
  }

  /**
   * Adds the item of a slot.
   * @param sibling another link of the same item, or 0; see `siblingOf`
   * @returns the link of the item in this chain
   */
  add(slot: number, sibling = 0): number {
    const { table } = this
    const link = table.create(slot, this, sibling)
    this.size++
    const tail = this.#tail
    const rank = table.rankIn(slot)
    if (tail !== 0 && rank < table.rankOf(tail)) {
      table.cells[link] = late
      this.#lateSize++
      this.#late ??= new FlatQueue()
      this.#late.push(link, rank)
      return link
    }
    const { cells } = table
    cells[link] = tail
    cells[link + nextAt] = 0
    if (tail === 0) this.#head = link
    else cells[tail + nextAt] = link
    this.#tail = link
    return link
  }

  /** Removes an item by its link, which must be in this chain. */
  remove(link: number): void {
    this.size--
    const { cells } = this.table
    const previous = cells[link]!
    if (previous === late) {
      cells[link] = lateAndRemoved
      this.#lateSize--
      this.#dropStaleLinks()
      return
    }
    const next = cells[link + nextAt]!
    if (previous === 0) this.#head = next
    else cells[previous + nextAt] = next
    if (next === 0) this.#tail = previous
    else cells[next] = previous
    this.table.free(link)
  }

  /** Returns the link of the item with the lowest rank; 0 if the chain is empty. */
  first(): number {
    if (this.#lateSize > 0) this.#linkLate(0, this.#head)
    return this.#head
  }

  /** Returns the link after this one, which must be in the chain; 0 if it is the last one. */
  after(link: number): number {
    if (this.#lateSize > 0) this.#linkLate(link, this.table.cells[link + nextAt]!)
    return this.table.cells[link + nextAt]!
  }

  /** Links in the late item that belongs between two neighbours, if there is one. */
  #linkLate(previous: number, next: number): void {
    const { table } = this
    const { cells } = table
    const queue = this.#late!
    let link = queue.peek()
    while (link !== undefined && cells[link] === lateAndRemoved) {
      queue.pop()
      table.free(link)
      link = queue.peek()
    }
    if (link === undefined || (next !== 0 && table.rankOf(next) <= table.rankOf(link))) return
    queue.pop()
    this.#lateSize--
    cells[link] = previous
    cells[link + nextAt] = next
    if (previous === 0) this.#head = link
    else cells[previous + nextAt] = link
    if (next === 0) this.#tail = link
    else cells[next] = link
    this.#dropStaleLinks()
  }

  #dropStaleLinks(): void {
    const queue = this.#late
    if (!queue) return
    if (this.#lateSize > 0 && queue.length <= minStaleLinks + this.#lateSize * 2) return
    const { table } = this
    this.#late = this.#lateSize > 0 ? new FlatQueue() : undefined
    for (let index = 0; index < queue.length; index++) {
      const link = queue.ids[index]!
      if (table.cells[link] === lateAndRemoved) table.free(link)
      else this.#late?.push(link, table.rankOf(link))
    }
  }
}
