import { messages, peekNumber, subprotocol } from '@buddy-chat/protocol'
import { WebSocket } from 'ws'

/** The time limit of every wait. */
const timeoutMs = 10_000

/** A connection on which recorded frames are sent again. */
export class PlayedClient {
  readonly #socket: WebSocket
  readonly #frames: Uint8Array[] = []
  readonly #closed: Promise<number>
  #onFrame: () => void = () => undefined
  #isWelcome = false
  /** The number of frames of the session that were received, as `resume` in `hello` counts them. */
  received: number

  private constructor(socket: WebSocket, received: number) {
    this.#socket = socket
    this.received = received
    socket.on('message', (data: Buffer) => {
      const frame = new Uint8Array(data)
      if (peekNumber(frame) === messages.welcome.number) this.#isWelcome = true
      else if (this.#isWelcome) this.received++
      this.#frames.push(frame)
      this.#onFrame()
    })
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        resolve(code)
        this.#onFrame()
      })
    })
  }

  /** @param received the count of the session's earlier connections */
  static async open(url: string, received: number): Promise<PlayedClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, subprotocol)
    const client = new PlayedClient(socket, received)
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    socket.on('error', () => undefined)
    return client
  }

  send(frame: Uint8Array): void {
    this.#socket.send(frame)
  }

  /**
   * Takes the oldest frame, or waits for the next one. Drops frames whose message number `isIgnored` accepts.
   * Resolves with undefined if none arrives in time, or if the connection ends.
   */
  async receive(isIgnored: (number: number) => boolean): Promise<Uint8Array | undefined> {
    const endMs = Date.now() + timeoutMs
    for (;;) {
      const frame = this.#frames.shift()
      if (frame) {
        if (isIgnored(peekNumber(frame) ?? -1)) continue
        return frame
      }
      const leftMs = endMs - Date.now()
      if (leftMs <= 0 || this.#socket.readyState === WebSocket.CLOSED) return undefined
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.#onFrame = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Resolves with the close code. */
  closed(): Promise<number> {
    return this.#closed
  }

  async close(code: number): Promise<void> {
    this.#socket.close(code)
    await this.#closed
  }

  /** Ends the connection as a network failure does. */
  lose(): void {
    this.#socket.terminate()
  }
}
