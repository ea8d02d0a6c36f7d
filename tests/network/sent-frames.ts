// Records the frames that a page passes to `WebSocket.send`, and decodes them.
import type { Message, MessageOf } from '@buddy-chat/protocol'
import { decode } from '@buddy-chat/protocol'
import type { Visitor } from '../e2e/visitor.ts'

interface Recorder {
  sentFrames?: string[]
}

/**
 * From now on, records the frames that the visitor's page sends. A page sends none before Start, so
 * that none is missed.
 */
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

/** Returns all messages that the visitor's page has sent since {@link recordSent}, oldest first. */
export async function sentMessages({ page }: Visitor): Promise<Message[]> {
  const frames = await page.evaluate(() => (window as unknown as Recorder).sentFrames ?? [])
  return frames.flatMap((frame) => decode(Uint8Array.from(Buffer.from(frame, 'latin1'))) ?? [])
}

type Signal = Pick<MessageOf<'signal'>, 'description' | 'candidates' | 'generation'>

/** Returns the signals in `messages`. These include the offers inside `ticket` and `next`. */
export function signalsOf(messages: readonly Message[]): Signal[] {
  return messages.flatMap((message) => {
    if (message.type === 'signal') return message
    return (message.type === 'ticket' || message.type === 'next') && message.offer
      ? message.offer
      : []
  })
}

/** Returns the candidates of a signal: those inside its description, and those beside it. */
export function candidatesOf({ description, candidates }: Signal): string[] {
  const inDescription = description?.sdp.match(/(?<=^a=)candidate:.*$/gm) ?? []
  return [...inDescription, ...candidates.map(({ candidate }) => candidate)].filter(Boolean)
}
