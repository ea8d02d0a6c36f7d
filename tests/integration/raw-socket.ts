// A WebSocket over a plain TCP connection, which can send what no WebSocket library sends.
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { createConnection } from 'node:net'
import type { Message } from '@buddy-chat/protocol'
import { decode, encode, subprotocol } from '@buddy-chat/protocol'

/** The opcodes of RFC 6455 §5.2 and §11.8. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A frame of RFC 6455 §5.2. The defaults give a valid binary frame. */
export interface WireFrame {
  readonly opcode?: number
  readonly payload?: Uint8Array
  /** @default true */
  readonly isFinal?: boolean
  /** The three reserved bits; 4 is RSV1, which marks a compressed message. @default 0 */
  readonly reserved?: number
  /** @default true */
  readonly isMasked?: boolean
  /** The payload length in the header. @default the length of `payload` */
  readonly claimedLength?: number
  /** Size of the extended payload length. @default the shortest that fits */
  readonly lengthBytes?: 0 | 2 | 8
}

/** Encodes a frame, with a random mask. */
export function wireFrame({
  opcode = opcodes.binary,
  payload = new Uint8Array(),
  isFinal = true,
  reserved = 0,
  isMasked = true,
  claimedLength = payload.length,
  lengthBytes = claimedLength < 126 ? 0 : claimedLength < 65_536 ? 2 : 8,
}: WireFrame): Buffer {
  const mask = isMasked ? randomBytes(4) : Buffer.alloc(0)
  const length = Buffer.alloc(lengthBytes)
  if (lengthBytes === 2) length.writeUInt16BE(claimedLength)
  if (lengthBytes === 8) length.writeBigUInt64BE(BigInt(claimedLength))
  const short = lengthBytes === 0 ? claimedLength : lengthBytes === 2 ? 126 : 127
  return Buffer.concat([
    Buffer.from([(isFinal ? 0x80 : 0) | (reserved << 4) | opcode, (isMasked ? 0x80 : 0) | short]),
    length,
    mask,
    payload.map((byte, index) => byte ^ (isMasked ? mask[index % 4]! : 0)),
  ])
}

/** Returns the opening handshake of a client. A header that is undefined is left out. */
export function handshake(
  headers: Readonly<Record<string, string | undefined>> = {},
  requestLine = 'GET /ws HTTP/1.1',
): string {
  const all = {
    Host: 'localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Protocol': subprotocol,
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  )
  return `${[requestLine, ...lines].join('\r\n')}\r\n\r\n`
}

/** Everything that the server sent after the response to the handshake. */
interface Incoming {
  readonly messages: readonly Message[]
  /** Pings and pongs. */
  readonly controls: readonly { readonly opcode: number; readonly payload: Buffer }[]
  /** The close frame; undefined if none arrived. */
  readonly close: { readonly code: number; readonly reason: string } | undefined
}

/** The default time limit of a wait, long enough for a busy machine. A test waits this long only if it fails. */
const defaultTimeoutMs = 5000

/** One TCP connection, which keeps everything it receives. */
export class RawSocket {
  readonly tcp: Socket
  #received = Buffer.alloc(0)
  #onChange: () => void = () => undefined
  #isEnded = false

  private constructor(tcp: Socket) {
    this.tcp = tcp
    const end = (): void => {
      this.#isEnded = true
      this.#onChange()
    }
    tcp.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#onChange()
    })
    tcp.on('end', end)
    tcp.on('close', end)
    tcp.on('error', () => undefined)
  }

  static async connect(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url)
    const tcp = createConnection({ host: hostname, port: Number(port) })
    await new Promise((resolve, reject) => tcp.once('connect', resolve).once('error', reject))
    return new RawSocket(tcp)
  }

  /** Opens a connection and waits until the server has accepted the handshake. */
  static async open(url: string): Promise<RawSocket> {
    const socket = await RawSocket.connect(url)
    socket.write(handshake())
    const status = await socket.status()
    if (status !== 101) throw new Error(`the server answered the handshake with ${status}`)
    return socket
  }

  /** Opens a connection, sends hello and waits for the welcome. */
  static async join(url: string, name = 'Mallory'): Promise<RawSocket> {
    const socket = await RawSocket.open(url)
    socket.sendMessage({ type: 'hello', name, site: '', client: 'raw', token: null, resume: null })
    await socket.receive('welcome')
    return socket
  }

  write(bytes: Uint8Array | string): void {
    this.tcp.write(bytes)
  }

  send(...frames: readonly WireFrame[]): void {
    this.write(Buffer.concat(frames.map(wireFrame)))
  }

  /** Sends a message in a valid frame. */
  sendMessage(message: Message): void {
    this.send({ payload: encode(message) })
  }

  /** Resolves with the status of the HTTP response. */
  async status(): Promise<number> {
    await this.#until(() => this.#received.includes('\r\n\r\n'), 'an HTTP response')
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(this.head)?.[1])
  }

  /** The status line and the headers of the HTTP response. */
  get head(): string {
    return this.#received.subarray(0, this.#received.indexOf('\r\n\r\n')).toString('latin1')
  }

  /** Resolves with the first message of this type. */
  async receive(type: Message['type']): Promise<Message> {
    const find = (): Message | undefined =>
      this.incoming.messages.find((message) => message.type === type)
    await this.#until(() => find() !== undefined, type)
    return find()!
  }

  /** Resolves when a pong with this payload has arrived. */
  async pong(payload: string): Promise<void> {
    await this.#until(
      () =>
        this.incoming.controls.some(
          (frame) => frame.opcode === opcodes.pong && frame.payload.toString() === payload,
        ),
      `a pong with ${payload}`,
    )
  }

  /** Resolves when the server has closed the connection; with its close frame, or with undefined. */
  async ended(timeoutMs = defaultTimeoutMs): Promise<Incoming['close']> {
    await this.#until(() => this.#isEnded, 'the end', timeoutMs)
    return this.incoming.close
  }

  /**
   * Resolves with the server’s answer to the handshake. `message` is the error code, `accepted`, or
   * `cut` if the connection ended without a close frame; `close` is the close code. Sends a ping,
   * because the server answers pings only on connections that it has accepted.
   */
  async answer(): Promise<{ readonly message: string; readonly close: number | undefined }> {
    await this.status()
    this.send({ opcode: opcodes.ping, payload: Buffer.from('accepted?') })
    const isAccepted = (): boolean => this.incoming.controls.length > 0
    await this.#until(() => isAccepted() || this.#isEnded, 'an answer')
    const { messages, close } = this.incoming
    const [first] = messages
    if (close) return { message: first?.type === 'error' ? first.code : '', close: close.code }
    return { message: isAccepted() ? 'accepted' : 'cut', close: undefined }
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  get incoming(): Incoming {
    const messages: Message[] = []
    const controls: { opcode: number; payload: Buffer }[] = []
    let close: Incoming['close']
    let rest = this.#received.subarray(this.#received.indexOf('\r\n\r\n') + 4)
    while (rest.length >= 2) {
      const short = rest[1]! & 0x7f
      const header = short < 126 ? 2 : short === 126 ? 4 : 10
      if (rest.length < header) break
      const length =
        short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2))
      if (rest.length < header + length) break
      const opcode = rest[0]! & 0x0f
      const payload = rest.subarray(header, header + length)
      rest = rest.subarray(header + length)
      if (opcode === opcodes.binary) {
        const message = decode(payload)
        if (message) messages.push(message)
      } else if (opcode === opcodes.close) {
        // 1005 means that the close frame has no code (RFC 6455 §7.1.5).
        const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0)
        close = { code, reason: payload.subarray(2).toString() }
      } else controls.push({ opcode, payload })
    }
    return { messages, controls, close }
  }

  #until(isReached: () => boolean, what: string, timeoutMs = defaultTimeoutMs): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`timed out waiting for ${what}`)), timeoutMs)
      const finish = (act: () => void): void => {
        clearTimeout(timer)
        this.#onChange = () => undefined
        act()
      }
      const check = (): void => {
        if (isReached()) finish(resolve)
        else if (this.#isEnded) finish(() => reject(new Error(`ended before ${what}`)))
      }
      this.#onChange = check
      check()
    })
  }
}
