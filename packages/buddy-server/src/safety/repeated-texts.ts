import type { TextSketch } from './text-sketch.ts'
import { similarity } from './text-sketch.ts'

/** The rule by which a text counts as repeated. */
export interface RepetitionRule {
  /** The number of rooms in which a text without a contact is allowed. */
  readonly maxRooms: number
  /** The time within which rooms count. Older texts are dropped. */
  readonly windowMs: number
}

/** The repetitions of a text. */
export interface Repetition {
  /** The number of rooms with nearly the same text, including this one. */
  readonly rooms: number
  /** How many rooms the rule allows for this kind of text. */
  readonly allowedRooms: number
}

/**
 * Shorter texts without a contact are not compared, because many users send the same greeting. The count is
 * of letters, so this is about twelve English words.
 */
export const minLetters = 60
/** From this similarity on, two texts are nearly the same. Different texts of one language have about 0.15. */
const minSimilarity = 0.6
/** The maximum number of different texts for one sender, and of senders. */
const maxTextsPerSender = 8
const maxSenders = 10_000

/** One text of a sender, with the rooms in which the sender has sent nearly the same. */
interface SaidText {
  sketch: TextSketch
  /** The latest room is last. */
  readonly rooms: { readonly id: string; readonly atMs: number }[]
}

/**
 * Finds senders who send nearly the same text in many rooms. It keeps no text, only sketches, in memory, for
 * the time of the window. A sender is a key: of a person, or of an address.
 */
export class RepeatedTexts {
  readonly #rule: () => RepetitionRule
  /** The sender of the latest text is last. */
  readonly #senders = new Map<string, SaidText[]>()

  constructor(rule: () => RepetitionRule) {
    this.#rule = rule
  }

  /** The number of senders with a text. */
  get size(): number {
    return this.#senders.size
  }

  /**
   * Adds a text that a sender sends in a room. Returns undefined if texts like this are not compared.
   * @param tolerance the factor of the allowed number of rooms
   */
  add(
    sender: string,
    room: string,
    sketch: TextSketch,
    nowMs: number,
    tolerance = 1,
  ): Repetition | undefined {
    const { maxRooms, windowMs } = this.#rule()
    const hasContact = sketch.contacts.length > 0
    if (!hasContact && sketch.letters < minLetters) return undefined
    const texts = this.#textsOf(sender, nowMs - windowMs)
    const known = texts.find(({ sketch: earlier }) => isNearlySame(earlier, sketch))
    const said = known ?? { sketch, rooms: [] }
    // The latest form is compared, so that a text that changes gradually is still recognised.
    said.sketch = sketch
    const earlier = said.rooms.findIndex(({ id }) => id === room)
    if (earlier !== -1) said.rooms.splice(earlier, 1)
    said.rooms.push({ id: room, atMs: nowMs })
    const allowedRooms = Math.ceil((hasContact ? maxRooms / 2 : maxRooms) * tolerance)
    // Twice the number suffices for every decision.
    if (said.rooms.length > 2 * maxRooms * tolerance) said.rooms.shift()
    if (known) texts.splice(texts.indexOf(known), 1)
    texts.push(said)
    if (texts.length > maxTextsPerSender) texts.shift()
    return { rooms: said.rooms.length, allowedRooms }
  }

  /** Drops the texts that are older than the window. */
  sweep(nowMs: number): void {
    const sinceMs = nowMs - this.#rule().windowMs
    for (const [sender, texts] of this.#senders) {
      if (dropOld(texts, sinceMs).length === 0) this.#senders.delete(sender)
    }
  }

  #textsOf(sender: string, sinceMs: number): SaidText[] {
    const texts = dropOld(this.#senders.get(sender) ?? [], sinceMs)
    this.#senders.delete(sender)
    this.#senders.set(sender, texts)
    const [oldest] = this.#senders.keys()
    if (this.#senders.size > maxSenders && oldest !== undefined) this.#senders.delete(oldest)
    return texts
  }
}

function isNearlySame(one: TextSketch, other: TextSketch): boolean {
  return (
    one.contacts.some((contact) => other.contacts.includes(contact)) ||
    similarity(one, other) >= minSimilarity
  )
}

/** Removes the rooms from before `sinceMs`, and the texts without a room, from `texts`. Returns it. */
function dropOld(texts: SaidText[], sinceMs: number): SaidText[] {
  for (let index = texts.length - 1; index >= 0; index--) {
    const { rooms } = texts[index]!
    while (rooms[0] && rooms[0].atMs <= sinceMs) rooms.shift()
    if (rooms.length === 0) texts.splice(index, 1)
  }
  return texts
}
