import { forEachInSlices } from '../slices.ts'

interface AddressTableOptions<Entry> {
  /**
   * Maximum number of addresses with an entry of their own. All further addresses share one entry, so that an
   * attacker with many addresses cannot fill the memory.
   */
  readonly maxAddresses: number
  /** Creates the entry of an address that is not in the table. */
  readonly create: () => Entry
  /** Returns whether `entry` is like a new one, so that the table may remove it. */
  readonly isIdle: (entry: Entry) => boolean
}

/** A table with an entry for each address. After `maxAddresses`, all further addresses share one entry. */
export class AddressTable<Entry> {
  readonly #options: AddressTableOptions<Entry>
  readonly #entries = new Map<string, Entry>()
  #shared: Entry | undefined

  constructor(options: AddressTableOptions<Entry>) {
    this.#options = options
  }

  /** The number of addresses with an entry of their own. */
  get size(): number {
    return this.#entries.size
  }

  /** Returns the entry of an address. Undefined if the address has none. */
  find(addressKey: string): Entry | undefined {
    return this.#entries.get(addressKey) ?? (this.#isFull ? this.#shared : undefined)
  }

  /** Returns the entry of an address. Creates one if the address has none. */
  get(addressKey: string): Entry {
    const known = this.find(addressKey)
    if (known !== undefined) return known
    const created = this.#options.create()
    if (this.#isFull) this.#shared = created
    else this.#entries.set(addressKey, created)
    return created
  }

  /** Removes idle entries, over several turns of the event loop. */
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
