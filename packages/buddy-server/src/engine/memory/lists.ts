import type { LinkTable } from './chain.ts'
import { Chain } from './chain.ts'

/** Tickets of one list that are equal in their attributes and asks, or all that ask for nothing. */
export class Group<W> extends Chain<W> {
  readonly list: List<W>
  /** The signature of the group; empty for the group of all tickets that ask for nothing. */
  readonly signature: string

  constructor(list: List<W>, signature: string) {
    super(list.bucket.table)
    this.list = list
    this.signature = signature
  }
}

/** Groups by their signatures. */
export type Groups<W> = Map<string, Group<W>>

/** Tickets of one bucket that have a language in common, or that are free in languages. */
export class List<W> {
  readonly bucket: Bucket<W>
  readonly language: string
  /** All tickets that ask for nothing. */
  readonly open: Group<W>
  /** The same tickets by their attributes, for partners who ask for some. Without attributes they are not in it. */
  signed: Groups<W> | undefined
  /** Tickets that ask for attributes, by these and their own. */
  asking: Groups<W> | undefined
  /** The number of places in all groups. */
  size = 0

  constructor(bucket: Bucket<W>, language: string) {
    this.bucket = bucket
    this.language = language
    this.open = new Group(this, '')
  }
}

/** Empty lists of a bucket are kept up to this number, because the next ticket often needs them again. */
const maxEmptyLists = 16

/** The tickets that have one interest, or that are free in interests. */
export class Bucket<W> {
  /** The interest; empty for the tickets that are free in interests. */
  readonly key: string
  /** The number of the interest in the index; 0 for the tickets that are free in interests. */
  readonly number: number
  readonly table: LinkTable<W>
  /** Tickets that state no language. */
  withoutLanguage: List<W> | undefined
  /** Tickets by each of their languages. */
  byLanguage: Map<string, List<W>> | undefined
  /** Tickets that state languages, but are free in them. They are in the lists of their languages too. */
  free: List<W> | undefined
  /** The number of places in all lists. */
  size = 0

  constructor(key: string, number: number, table: LinkTable<W>) {
    this.key = key
    this.number = number
    this.table = table
  }

  listOf(language: string): List<W> {
    this.byLanguage ??= new Map()
    let list = this.byLanguage.get(language)
    if (!list) this.byLanguage.set(language, (list = new List(this, language)))
    return list
  }

  /** Call this after an item was added to the group. */
  handleAdded({ list }: Group<W>): void {
    list.size++
    this.size++
  }

  /** Call this after an item was removed from the group. */
  handleRemoved(group: Group<W>): void {
    const { list, signature } = group
    list.size--
    this.size--
    if (group.size === 0 && signature !== '') {
      if (list.asking?.get(signature) === group) list.asking.delete(signature)
      else list.signed?.delete(signature)
    }
    const { byLanguage } = this
    if (list.size === 0 && list.language !== '' && byLanguage && byLanguage.size > maxEmptyLists) {
      byLanguage.delete(list.language)
    }
  }
}
