// What a browser gives its WebSockets to send, frame by frame, whatever the code above says of it.
import type { Message, MessageOf } from '@buddy-chat/protocol'
import { decode } from '@buddy-chat/protocol'
import type { Visitor } from '../e2e/visitor.ts'

interface Recorder {
  sentFrames?: string[]
}

/** Begins to write down what `visitor`'s page sends. Before Start nothing has been sent. */
export async function recordSent({ page }: Visitor): Promise<void> {
  await page.evaluate(() => {
    const frames: string[] = ((window as unknown as Recorder).sentFrames = [])
    const { send } = WebSocket.prototype
    WebSocket.prototype.send = function (data) {
      if (typeof data === 'string' || data instanceof Blob) throw new Error('frames are binary')
      const bytes = ArrayBuffer.isView(data)
        ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        : new Uint8Array(data)
      frames.push([...bytes].map((byte) => String.fromCharCode(byte)).join(''))
      send.call(this, data)
    }
  })
}

/** Everything `visitor`'s page has sent since {@link recordSent}, oldest first. */
export async function sentMessages({ page }: Visitor): Promise<Message[]> {
  const frames = await page.evaluate(() => (window as unknown as Recorder).sentFrames ?? [])
  return frames.flatMap((frame) => decode(Uint8Array.from(Buffer.from(frame, 'latin1'))) ?? [])
}

type Signal = Pick<MessageOf<'signal'>, 'description' | 'candidates' | 'generation'>

/** The signals among them, those that went along with a wish included. */
export function signalsOf(messages: readonly Message[]): Signal[] {
  return messages.flatMap((message) => {
    if (message.type === 'signal') return message
    return (message.type === 'ticket' || message.type === 'next') && message.offer
      ? message.offer
      : []
  })
}

/** Candidates in a signal, one a line, wherever they stand. */
export function candidatesOf({ description, candidates }: Signal): string[] {
  const inDescription = description?.sdp.match(/(?<=^a=)candidate:.*$/gm) ?? []
  return [...inDescription, ...candidates.map(({ candidate }) => candidate)].filter(Boolean)
}
