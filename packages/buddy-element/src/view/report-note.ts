/** The maximum size of a note in bytes of UTF-8, as in the message `report` of the protocol. */
export const maxNoteBytes = 1000

const encoder = new TextEncoder()

/** Returns the size of a text in bytes of UTF-8. */
export const byteLength = (text: string): number => encoder.encode(text).length

/** Returns the longest beginning of `text` that fits into a note, without a half character at its end. */
export function fitNote(text: string): string {
  const { read } = encoder.encodeInto(text, new Uint8Array(maxNoteBytes))
  return text.slice(0, read)
}
