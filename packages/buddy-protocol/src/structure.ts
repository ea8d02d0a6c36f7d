// The rules for the structure of a frame. Two functions apply them: `checkStructure`, which only checks, and
// `unpack`, which checks while it decodes.
import { ProtocolError } from './protocol-error.ts'

/**
 * The most levels of arrays, including the frame itself. The deepest message (`welcome`) has four.
 */
export const maxDepth = 4
/** The most values in one frame, on all levels together. The fullest signal (64 candidates) has 327. */
export const maxValues = 512

/** The reasons why a frame is malformed. */
export const faults = {
  cutShort: 'the frame ends inside a value',
  tooDeep: `arrays are nested deeper than ${maxDepth}`,
  tooManyValues: `the frame holds more than ${maxValues} values`,
  notUtf8: 'a string is not valid UTF-8',
  notAtEnd: 'bytes follow the frame',
} as const

/** @throws ProtocolError `malformed-frame` */
export function malformed(why: string): never {
  throw new ProtocolError('malformed-frame', why)
}

/**
 * Refuses a value by its first byte.
 * @throws ProtocolError `malformed-frame`
 */
export function unknownTag(tag: number): never {
  malformed(`0x${tag.toString(16)} is not a kind of value this protocol uses`)
}
