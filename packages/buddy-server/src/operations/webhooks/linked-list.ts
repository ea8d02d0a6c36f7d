/** A place in a {@link LinkedList}. */
export interface ListNode<T> {
  readonly value: T
  /** The one behind it, or undefined at the end. */
  readonly next: ListNode<T> | undefined
}

interface Link<T> extends ListNode<T> {
  next: Link<T> | undefined
  previous: Link<T> | undefined
}

/**
 * In the order of appending; whatever is done costs the same however long it is. That is why it is
 * here: an array shifts what stands behind, a Map skips what was deleted before its first entry.
 */
export class LinkedList<T> {
  #first: Link<T> | undefined
  #last: Link<T> | undefined
  #size = 0

  get first(): ListNode<T> | undefined {
    return this.#first
  }

  get size(): number {
    return this.#size
  }

  append(value: T): ListNode<T> {
    const link: Link<T> = { value, next: undefined, previous: this.#last }
    if (this.#last) this.#last.next = link
    else this.#first = link
    this.#last = link
    this.#size++
    return link
  }

  /** Takes out a node that `append` of this list returned and that is still in it. */
  remove(node: ListNode<T>): void {
    const { previous, next } = node as Link<T>
    if (previous) previous.next = next
    else this.#first = next
    if (next) next.previous = previous
    else this.#last = previous
    this.#size--
  }
}
