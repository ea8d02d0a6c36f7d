import { randomFillSync } from 'node:crypto'

/** One request to the system takes about 2 µs, however few bytes it returns. */
const blockBytes = 4096

let block = Buffer.alloc(0)
let used = 0

/**
 * Returns `count` bytes of the system's cryptographic random source, which no other call returns. Ids and
 * nonces are short and frequent, so the source is read in blocks.
 */
export function randomBytes(count: number): Buffer {
  if (used + count > block.length) {
    // A new block, because earlier results are parts of the one before.
    block = randomFillSync(Buffer.allocUnsafeSlow(Math.max(blockBytes, count)))
    used = 0
  }
  used += count
  return block.subarray(used - count, used)
}
