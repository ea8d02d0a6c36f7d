import type { Message } from '@buddy-chat/protocol'
import { decode, encode } from '@buddy-chat/protocol'

/** A fake WebSocket. Tests fire its events and inspect what the client has sent. */
export class FakeSocket extends EventTarget {
  binaryType = 'blob'
  readyState = 0
  /** The code with which the client has closed the WebSocket. Undefined before. */
  closedWith: number | undefined
  readonly sent: (Message | undefined)[] = []

  send(frame: Uint8Array): void {
    this.sent.push(decode(frame))
  }

  close(code: number): void {
    this.readyState = 3
    this.closedWith = code
  }

  open(): void {
    if (this.readyState !== 0) return
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }

  receive(message: Message): void {
    this.receiveBytes(encode(message))
  }

  receiveBytes(bytes: Uint8Array): void {
    const data = bytes.slice().buffer
    this.dispatchEvent(new MessageEvent('message', { data }))
  }

  end(code: number): void {
    this.readyState = 3
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '' }))
  }
}
