/** Bytes before each frame in a chunk that hold its length. */
const prefixBytes = 4
/** Memory that one chunk costs beside its capacity: the typed array, its buffer and this record. */
const chunkOverheadBytes = 256
const minChunkBytes = 256
const maxChunkBytes = 4096
/** A buffer that held no more frames than these was idle: heartbeats, the beginning of a room. */
const idleFrames = 4
/** 4 MB in all. */
const maxSpareChunks = 1024

/** Memory of the largest chunks that no buffer uses at present: busy sessions take it in turns. */
const spare: Uint8Array[] = []

/** Consecutive frames, each after its length. Only what was written since it was taken is ever read. */
interface Chunk {
  readonly memory: Uint8Array
  /** Where the oldest frame that is held begins. */
  start: number
  /** Where the next frame goes. */
  end: number
  frames: number
}

/**
 * Frames sent to a client that are not known to have arrived, in order. Both ends count frames from
 * the session's first one; the counts tell what was lost with a connection.
 *
 * Frames are copied into chunks, because a typed array of its own for each frame would cost several
 * times the size of a short frame. Chunks are dropped whole, so that adding and dropping take the
 * same time however many frames are held.
 */
export class ReplayBuffer {
  /** Oldest first. */
  readonly #chunks: Chunk[] = []
  #sent: number
  #held = 0
  #bytes = 0
  /** Of the next chunk. Chunks grow with what is held: most sessions hold a few short frames for a moment. */
  #nextChunkBytes = minChunkBytes

  /** @param sent number of frames sent before this buffer existed */
  constructor(sent = 0) {
    this.#sent = sent
  }

  /** Number of frames ever sent. */
  get sent(): number {
    return this.#sent
  }

  /** Memory held, in bytes, with what the memory's own administration costs. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Adds a frame that is sent, by copying it.
   * @param maxBytes what {@link trim} will be called with: chunks are an eighth of it at most; 0
   *   counts the frame and keeps nothing
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

  /** Drops the first `count` frames of the session: the client has received them. */
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

  /** Drops the oldest frames until at most `maxBytes` are held. */
  trim(maxBytes: number): void {
    while (this.#bytes > maxBytes) this.#dropChunk()
  }

  /** Takes back the frames that follow the first `count`, as if they had never been sent. */
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
   * Copies of the frames that follow the first `count`; undefined if some of them were dropped, or
   * were never sent. They are copies because a client may acknowledge them before they are written.
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

  /** How many frames were sent before the oldest that is held. */
  get #oldest(): number {
    return this.#sent - this.#held
  }

  #addChunk(needed: number, maxBytes: number): Chunk {
    const capacity = Math.max(needed, Math.min(this.#nextChunkBytes, maxBytes >> 3))
    this.#nextChunkBytes = Math.min(this.#nextChunkBytes * 2, maxChunkBytes)
    const reused = capacity === maxChunkBytes ? spare.pop() : undefined
    // Not filled with zeros: only what was written is read.
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
