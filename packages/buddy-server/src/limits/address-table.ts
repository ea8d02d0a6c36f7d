import { forEachInSlices } from '../slices.ts'

interface AddressTableOptions<Entry> {
  /** More addresses than this are not told apart: an attacker with so many could fill the memory. */
  readonly maxAddresses: number
  /** What is known of an address that is new. */
  readonly create: () => Entry
  /** Whether `entry` is as good as new, and may be forgotten. */
  readonly isIdle: (entry: Entry) => boolean
}

/** What limits know of each address; the addresses beyond a number share one entry. */
export class AddressTable<Entry> {
  readonly #options: AddressTableOptions<Entry>
  readonly #entries = new Map<string, Entry>()
  #shared: Entry | undefined

  constructor(options: AddressTableOptions<Entry>) {
    this.#options = options
  }

  /** How many addresses have an entry of their own. */
  get size(): number {
    return this.#entries.size
  }

  /** The entry of an address; undefined while nothing is known of it. */
  find(addressKey: string): Entry | undefined {
    return this.#entries.get(addressKey) ?? (this.#isFull ? this.#shared : undefined)
  }

  /** The entry of an address, which may be new. */
  get(addressKey: string): Entry {
    const known = this.find(addressKey)
    if (known !== undefined) return known
    const created = this.#options.create()
    if (this.#isFull) this.#shared = created
    else this.#entries.set(addressKey, created)
    return created
  }

  /**
   * Forgets the addresses that have used nothing of their limits for a while, over several turns of the
   * event loop.
   */
  async sweep(): Promise<void> {
    const { isIdle } = this.#options
    await forEachInSlices(this.#entries, ([key, entry]) => {
      if (isIdle(entry)) this.#entries.delete(key)
    })
    if (this.#shared !== undefined && isIdle(this.#shared)) this.#shared = undefined
  }

  get #isFull(): boolean {
    return this.#entries.size >= this.#options.maxAddresses
  }
}
