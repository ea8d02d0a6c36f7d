import { randomFillSync } from 'node:crypto'

/**
 * The size of a block. Blocks are used because each request to the system takes about 2 µs, however few bytes
 * it returns.
 */
const blockBytes = 4096

let block = Buffer.alloc(0)
let used = 0

/**
 * Returns `count` bytes of the system's cryptographic random source. No two calls return the same bytes of
 * it. The source is read in blocks, because ids and nonces are short and frequent.
 */
export function randomBytes(count: number): Buffer {
  if (used + count > block.length) {
    // Each block has its own memory, because earlier results are parts of earlier blocks.
    block = randomFillSync(Buffer.allocUnsafeSlow(Math.max(blockBytes, count)))
    used = 0
  }
  used += count
  return block.subarray(used - count, used)
}
