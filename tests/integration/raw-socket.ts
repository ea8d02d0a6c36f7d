// A WebSocket that obeys nothing, over a TCP connection: what no library agrees to send.
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { createConnection } from 'node:net'
import type { Message } from '@buddy-chat/protocol'
import { decode, encode, subprotocol } from '@buddy-chat/protocol'

/** RFC 6455 §5.2 and §11.8. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A frame, as RFC 6455 §5.2 has it unless told otherwise. */
export interface WireFrame {
  readonly opcode?: number
  readonly payload?: Uint8Array
  /** @default true */
  readonly isFinal?: boolean
  /** The three bits after it: 4 is RSV1, "compressed". @default 0 */
  readonly reserved?: number
  /** @default true */
  readonly isMasked?: boolean
  /** What the header says the payload's length is. @default its length */
  readonly claimedLength?: number
  /** Bytes of the length: 7 bits and none, 2, or 8. @default the shortest */
  readonly lengthBytes?: 0 | 2 | 8
}

/** The bytes of a frame. */
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

/** A client's opening handshake; undefined takes a header out, a function changes all the text. */
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

/** What came from a server after its handshake. */
interface Incoming {
  readonly messages: readonly Message[]
  /** Pings and pongs. */
  readonly controls: readonly { readonly opcode: number; readonly payload: Buffer }[]
  /** Of its close frame. */
  readonly close: { readonly code: number; readonly reason: string } | undefined
}

/** How long something is waited for that has to come. */
const patienceMs = 5000

/** One TCP connection. Everything received is kept. */
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

  /** {@link connect}, with a handshake that is accepted. */
  static async open(url: string): Promise<RawSocket> {
    const socket = await RawSocket.connect(url)
    socket.write(handshake())
    const status = await socket.status()
    if (status !== 101) throw new Error(`the handshake was answered ${status}`)
    return socket
  }

  /** {@link open}, and hello. */
  static async join(url: string, name = 'Mallory'): Promise<RawSocket> {
    const socket = await RawSocket.open(url)
    socket.say({ type: 'hello', name, site: '', client: 'raw', token: null, resume: null })
    await socket.receive('welcome')
    return socket
  }

  write(bytes: Uint8Array | string): void {
    this.tcp.write(bytes)
  }

  send(...frames: readonly WireFrame[]): void {
    this.write(Buffer.concat(frames.map(wireFrame)))
  }

  /** Sends a message as any client does. */
  say(message: Message): void {
    this.send({ payload: encode(message) })
  }

  /** The status of the HTTP answer. */
  async status(): Promise<number> {
    await this.#until(() => this.#received.includes('\r\n\r\n'), 'an HTTP answer')
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(this.head)?.[1])
  }

  /** The head of the HTTP answer. */
  get head(): string {
    return this.#received.subarray(0, this.#received.indexOf('\r\n\r\n')).toString('latin1')
  }

  /** The first message of a type. */
  async receive(type: Message['type']): Promise<Message> {
    const find = (): Message | undefined =>
      this.incoming.messages.find((message) => message.type === type)
    await this.#until(() => find() !== undefined, type)
    return find()!
  }

  /** Resolves when a pong has come with this payload. */
  async pong(payload: string): Promise<void> {
    await this.#until(
      () =>
        this.incoming.controls.some(
          (frame) => frame.opcode === opcodes.pong && frame.payload.toString() === payload,
        ),
      `a pong with ${payload}`,
    )
  }

  /** Resolves when the server has ended the connection; with its close frame, if there was one. */
  async ended(waitMs = patienceMs): Promise<Incoming['close']> {
    await this.#until(() => this.#isEnded, 'the end', waitMs)
    return this.incoming.close
  }

  /**
   * What becomes of a handshake without a word after it: refused by name, or `let in`, which a pong
   * shows, as whoever is refused gets none.
   */
  async answer(): Promise<{ readonly message: string; readonly close: number | undefined }> {
    await this.status()
    this.send({ opcode: opcodes.ping, payload: Buffer.from('in?') })
    const isIn = (): boolean => this.incoming.controls.length > 0
    await this.#until(() => isIn() || this.#isEnded, 'an answer')
    const { messages, close } = this.incoming
    const [first] = messages
    if (close) return { message: first?.type === 'error' ? first.code : '', close: close.code }
    return { message: isIn() ? 'let in' : 'cut', close: undefined }
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
        // RFC 6455 §7.1.5: 1005 stands for no code.
        const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0)
        close = { code, reason: payload.subarray(2).toString() }
      } else controls.push({ opcode, payload })
    }
    return { messages, controls, close }
  }

  #until(isThere: () => boolean, what: string, waitMs = patienceMs): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited for ${what}`)), waitMs)
      const finish = (act: () => void): void => {
        clearTimeout(timer)
        this.#onChange = () => undefined
        act()
      }
      const look = (): void => {
        if (isThere()) finish(resolve)
        else if (this.#isEnded) finish(() => reject(new Error(`ended before ${what}`)))
      }
      this.#onChange = look
      look()
    })
  }
}
