/** Number of bytes in which the length of a frame is stored before the frame. */
const prefixBytes = 4
/**
 * Memory that a chunk needs in addition to its capacity, for the typed array, its buffer and the `Chunk`
 * object.
 */
const chunkOverheadBytes = 256
const minChunkBytes = 256
const maxChunkBytes = 4096
/**
 * A buffer with at most this many frames counts as idle, because it contains only heartbeats or the first
 * frames of a room.
 */
const idleFrames = 4
/** Maximum number of spare chunks, which use at most 4 MB altogether. */
const maxSpareChunks = 1024

/**
 * Memory of chunks of the largest size that no buffer uses at present. New chunks of busy sessions reuse it.
 */
const spare: Uint8Array[] = []

/** Consecutive frames, each preceded by its length. Bytes that this chunk did not write are never read. */
interface Chunk {
  readonly memory: Uint8Array
  /** Offset of the oldest frame in this chunk that was not dropped. */
  start: number
  /** Offset at which the next frame is written. */
  end: number
  frames: number
}

/**
 * Keeps the frames that were sent to a client and not acknowledged yet, in order. Client and server both
 * count the frames of a session, from its first one. When a session resumes, the difference of the two counts
 * shows which frames were lost.
 *
 * Frames are copied into chunks, because a typed array for each frame would need several times the memory of
 * a short frame. Whole chunks are dropped, so that the time to add or drop does not depend on the number of
 * frames.
 */
export class ReplayBuffer {
  /** Chunks with the oldest frames come first. */
  readonly #chunks: Chunk[] = []
  #sent: number
  #held = 0
  #bytes = 0
  /** Capacity of the next chunk. It grows with use, because most sessions hold only a few short frames. */
  #nextChunkBytes = minChunkBytes

  /** @param sent number of frames of the session that were sent before this buffer existed */
  constructor(sent = 0) {
    this.#sent = sent
  }

  /** Number of all frames sent so far. */
  get sent(): number {
    return this.#sent
  }

  /** Memory used, in bytes, including the overhead of each chunk. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Counts a frame as sent, and keeps a copy of it.
   * @param maxBytes the limit that will be passed to {@link trim}. A new chunk is at most an eighth of it,
   * unless a single frame is longer. If it is 0, the frame is counted but not kept.
   */
  push(frame: Uint8Array, maxBytes: number): void {
    this.#sent++
    if (maxBytes === 0) {
      this.#clear()
      return
    }
    const needed = prefixBytes + frame.length
    let chunk = this.#chunks.at(-1)
    if (!chunk || chunk.end + needed > chunk.memory.length) {
      chunk = this.#addChunk(needed, maxBytes)
    }
    const { memory, end } = chunk
    const { length } = frame
    memory[end] = length >>> 24
    memory[end + 1] = length >>> 16
    memory[end + 2] = length >>> 8
    memory[end + 3] = length
    memory.set(frame, end + prefixBytes)
    chunk.end += needed
    chunk.frames++
    this.#held++
  }

  /** Drops the first `count` frames of the session. Call this when the client has received them. */
  acknowledge(count: number): void {
    let left = Math.min(count, this.#sent) - this.#oldest
    if (left === this.#held) {
      this.#clear()
      return
    }
    while (left > 0) {
      const chunk = this.#chunks[0]!
      if (left >= chunk.frames) {
        left -= chunk.frames
        this.#dropChunk()
        continue
      }
      chunk.frames -= left
      this.#held -= left
      for (; left > 0; left--) chunk.start += prefixBytes + frameLength(chunk, chunk.start)
    }
  }

  /** Drops the oldest frames until at most `maxBytes` are used. */
  trim(maxBytes: number): void {
    while (this.#bytes > maxBytes) this.#dropChunk()
  }

  /**
   * Drops the frames after the first `count`, and no longer counts them as sent. Call this only if they were
   * not written to a connection.
   */
  withdraw(count: number): void {
    let left = Math.min(this.#sent - count, this.#held)
    this.#sent -= Math.max(left, 0)
    while (left > 0) {
      const chunk = this.#chunks.at(-1)!
      const kept = Math.max(chunk.frames - left, 0)
      left -= chunk.frames - kept
      this.#held -= chunk.frames - kept
      chunk.frames = kept
      chunk.end = chunk.start
      for (let frame = 0; frame < kept; frame++) {
        chunk.end += prefixBytes + frameLength(chunk, chunk.end)
      }
      if (kept > 0) continue
      this.#release(this.#chunks.pop()!)
    }
  }

  /**
   * Returns copies of the frames after the first `count`; undefined if some of them were dropped, or if fewer
   * than `count` frames were sent. They are copies, because the client may acknowledge the frames, and so
   * free their memory, before they are written.
   */
  after(count: number): readonly Uint8Array[] | undefined {
    if (count < this.#oldest || count > this.#sent) return undefined
    const frames: Uint8Array[] = []
    for (const chunk of this.#chunks) {
      let at = chunk.start
      while (at < chunk.end) {
        const from = at + prefixBytes
        at = from + frameLength(chunk, at)
        frames.push(new Uint8Array(chunk.memory.subarray(from, at)))
      }
    }
    return frames.slice(count - this.#oldest)
  }

  /** Number of frames that were sent before the oldest kept one. */
  get first(): number {
    return this.#oldest
  }

  get #oldest(): number {
    return this.#sent - this.#held
  }

  #addChunk(needed: number, maxBytes: number): Chunk {
    const capacity = Math.max(needed, Math.min(this.#nextChunkBytes, maxBytes >> 3))
    this.#nextChunkBytes = Math.min(this.#nextChunkBytes * 2, maxChunkBytes)
    const reused = capacity === maxChunkBytes ? spare.pop() : undefined
    // The memory is not filled with zeros, because only written bytes are read.
    const memory = reused ?? Buffer.allocUnsafeSlow(capacity)
    const chunk = { memory, start: 0, end: 0, frames: 0 }
    this.#chunks.push(chunk)
    this.#bytes += capacity + chunkOverheadBytes
    return chunk
  }

  #dropChunk(): void {
    const chunk = this.#chunks.shift()!
    this.#held -= chunk.frames
    this.#release(chunk)
  }

  #clear(): void {
    if (this.#held <= idleFrames) this.#nextChunkBytes = minChunkBytes
    for (const chunk of this.#chunks.splice(0)) this.#release(chunk)
    this.#held = 0
  }

  #release({ memory }: Chunk): void {
    this.#bytes -= memory.length + chunkOverheadBytes
    if (memory.length === maxChunkBytes && spare.length < maxSpareChunks) spare.push(memory)
  }
}

function frameLength({ memory }: Chunk, at: number): number {
  return new DataView(memory.buffer, memory.byteOffset).getUint32(at)
}
