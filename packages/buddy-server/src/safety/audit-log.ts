// The log of decisions. Each entry has the hash of the previous entry. A changed, removed or inserted entry
// changes all later hashes.
import { createHash } from 'node:crypto'
import type { AuditVerdict, Decision } from './moderation.ts'
import type { AuditLine, AuditMark, Store } from './store.ts'

/** The previous hash of the first entry. */
export const genesis: AuditMark = { number: 0, hash: '0'.repeat(64) }

/** Returns the hash of an entry: SHA-256 of the previous hash, a line feed and the entry in canonical JSON. */
function hashOf(previous: string, text: string): string {
  return createHash('sha256').update(`${previous}\n${text}`).digest('hex')
}

/** Returns JSON in which the names of each object are sorted, as RFC 8785 requires, without spaces. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
}

/** Returns the decision that an entry contains. */
export const decisionIn = ({ text, hash }: AuditLine): Decision => ({
  ...(JSON.parse(text) as Omit<Decision, 'hash'>),
  hash,
})

/** The audit log of one server, in its store. */
export class AuditLog {
  readonly #store: Pick<Store, 'audit' | 'auditAfter'>
  #head: AuditMark
  /** Entries that could not be stored yet, oldest first. */
  readonly #unstored: AuditLine[] = []

  constructor(store: Pick<Store, 'audit' | 'auditAfter' | 'auditHead'>) {
    this.#store = store
    this.#head = store.auditHead ?? genesis
  }

  /** Returns the entry that would follow now, and the hash of the one before. Call {@link accept} to add it. */
  next(decision: Omit<Decision, 'number' | 'hash'>): { line: AuditLine; previousHash: string } {
    const number = this.#head.number + 1
    const text = canonicalJson({ ...decision, number })
    const { hash: previousHash } = this.#head
    const line = { number, atMs: decision.atMs, text, hash: hashOf(previousHash, text) }
    return { line, previousHash }
  }

  /**
   * Adds an entry. The caller stores it, and calls {@link handleStored} when that has succeeded.
   * @returns `known` if the log has this entry; `apart` if entries before it are missing, for example because this node was
   *   away for longer than they are kept. Then the log of this node begins with this entry.
   */
  accept(line: AuditLine, previousHash: string): 'next' | 'known' | 'apart' {
    const { number, hash } = this.#head
    if (line.number <= number && this.#isKnown(line)) return 'known'
    const isNext = line.number === number + 1 && previousHash === hash
    this.#head = line
    if (!isNext) this.#unstored.length = 0
    this.#unstored.push(line)
    return isNext ? 'next' : 'apart'
  }

  /** The latest entry. */
  get head(): AuditMark {
    return this.#head
  }

  /** Continues after this entry. The log begins after it. */
  begin(after: AuditMark): void {
    this.#head = after
    this.#unstored.length = 0
  }

  #isKnown({ number, hash }: AuditLine): boolean {
    const unstored = this.#unstored.find((line) => line.number === number)
    const [known = unstored] = this.#store.auditAfter(number - 1, 1)
    // A purged entry is missing.
    return known?.number !== number || known.hash === hash
  }

  /** Call this when an entry is stored. */
  handleStored(line: AuditLine): void {
    const index = this.#unstored.indexOf(line)
    if (index !== -1) this.#unstored.splice(index, 1)
  }

  /** Returns decisions with a lower number than `before`, latest first. */
  decisions(limit: number, before: number): Decision[] {
    const unstored = this.#unstored.filter(({ number }) => number < before).toReversed()
    return [...unstored, ...this.#store.audit(limit, before)].slice(0, limit).map(decisionIn)
  }

  /**
   * Returns each entry with a higher number than `after` as a line of JSON, oldest first, over several turns of the
   * event loop.
   */
  async *lines(after: number): AsyncIterable<string> {
    for (let last = after; ;) {
      const slice = this.#store.auditAfter(last, sliceSize)
      const isLast = slice.length < sliceSize
      // Read with the last slice, because they may be stored while the caller handles it.
      const unstored = isLast ? [...this.#unstored] : []
      for (const line of [...slice, ...unstored]) {
        if (line.number > last) yield JSON.stringify(decisionIn(line))
        last = Math.max(last, line.number)
      }
      if (isLast) return
      await nextTurn()
    }
  }
}

/** How many entries are read in one turn of the event loop. It takes a few milliseconds. */
const sliceSize = 200

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Checks the audit log in a store: that each entry has the hash that follows from it and from the one before,
 * that the numbers have no gap, and that the log ends with the entry that is recorded as its last. Works over several
 * turns of the event loop. Entries may be added and purged meanwhile.
 */
export async function verifyAudit(
  store: Pick<Store, 'auditAfter' | 'auditHead' | 'auditAnchor'>,
): Promise<AuditVerdict> {
  let previous = genesis
  let entries = 0
  // An entry that somebody has inserted may have any number.
  for (let after = Number.MIN_SAFE_INTEGER; ;) {
    // All three are read in one turn, in which nothing is added or purged.
    const slice = store.auditAfter(after, sliceSize)
    const { auditAnchor, auditHead: head = genesis } = store
    if (auditAnchor && auditAnchor.number > previous.number) previous = auditAnchor
    for (const line of slice) {
      const entry = previous.number + 1
      const problem = problemOf(line, previous)
      if (problem) return { isIntact: false, entry, problem }
      previous = line
      entries++
    }
    after = slice.at(-1)?.number ?? after
    if (slice.length === sliceSize) {
      await nextTurn()
      continue
    }
    if (head.number !== previous.number || head.hash !== previous.hash) {
      const entry = Math.min(head.number, previous.number) + 1
      return { isIntact: false, entry, problem: 'the log does not end with its last entry' }
    }
    return { isIntact: true, entries, head: head.hash }
  }
}

function problemOf(line: AuditLine, previous: AuditMark): string | undefined {
  if (line.number !== previous.number + 1) return 'an entry is missing'
  if (line.hash !== hashOf(previous.hash, line.text)) {
    return 'its hash does not follow from it and the entry before'
  }
  // The column is a copy for purging, which the hash does not cover.
  if (decisionIn(line).atMs !== line.atMs) return 'its time was changed'
  return undefined
}
