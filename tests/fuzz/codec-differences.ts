// Compares the codec of the protocol with one that is built on msgpackr.
import { isDeepStrictEqual } from 'node:util'
import type { Message, WireValue } from '@buddy-chat/protocol'
import {
  checkStructure,
  createCodec,
  decode,
  encode,
  msgpack,
  peekNumber,
  ProtocolError,
  wellFormed,
} from '@buddy-chat/protocol'
import { msgpackr } from '../load/msgpackr.ts'

const codecOfMsgpackr = createCodec(msgpackr)

/** The result of a function, or the error that it threw. */
type Outcome = { readonly result: unknown } | { readonly refused: string }

/** @throws whatever `act` throws, except a ProtocolError, which it returns */
function outcomeOf(act: () => unknown): Outcome {
  try {
    return { result: act() }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { refused: `${error.code}: ${error.message}` }
  }
}

/** Returns a copy of `value`, in which each text is well-formed. */
function withWellFormedTexts(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value)
  if (Array.isArray(value)) return value.map(withWellFormedTexts)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withWellFormedTexts(item)]),
  )
}

/**
 * Returns whether a text of more than 64 bytes begins with a byte order mark. msgpackr drops the mark, which
 * the protocol allows receivers to do, so it may then also accept the text as short enough for its field.
 */
function hasMarkThatMsgpackrDrops(value: unknown): boolean {
  if (typeof value === 'string') return value.startsWith('\ufeff') && Buffer.byteLength(value) > 64
  if (value === null || typeof value !== 'object') return false
  return Object.values(value).some(hasMarkThatMsgpackrDrops)
}

/** What the two codecs did with one case. */
export interface Comparison {
  /** The name of the first step in which they differ; undefined if they do not. */
  readonly difference?: string
  /** Whether they accepted the case. */
  readonly isAccepted: boolean
}

/** Compares what the codecs encode `message` to, and what they decode that frame to. */
export function compareMessage(message: Message): Comparison {
  const encoded = outcomeOf(() => encode(message))
  if (
    !isDeepStrictEqual(
      encoded,
      outcomeOf(() => codecOfMsgpackr.encode(message)),
    )
  ) {
    return { difference: 'encode', isAccepted: true }
  }
  if ('refused' in encoded) return { isAccepted: false }
  const frame = encoded.result as Uint8Array
  const decoded = outcomeOf(() => decode(frame))
  if (!isDeepStrictEqual(decoded, { result: withWellFormedTexts(message) })) {
    return { difference: 'decode', isAccepted: true }
  }
  return compareFrame(frame)
}

/** Compares what the codecs pack `values` to, and what they unpack that to. */
export function compareValues(values: readonly WireValue[]): Comparison {
  // msgpackr writes lone surrogates as bytes that are not UTF-8; `encode` replaces them before.
  const clean = withWellFormedTexts(values) as WireValue[]
  const packed = msgpack.pack(clean)
  if (!isDeepStrictEqual(packed, msgpackr.pack(clean))) {
    return { difference: 'pack', isAccepted: true }
  }
  const unpacked = outcomeOf(() => msgpack.unpack(packed))
  if ('result' in unpacked && !isDeepStrictEqual(unpacked.result, clean)) {
    return { difference: 'unpack', isAccepted: true }
  }
  return compareFrame(packed)
}

/**
 * Compares whether the codecs accept `frame`, and what they decode it to. The structural check must accept the
 * same frames.
 */
export function compareFrame(frame: Uint8Array): Comparison {
  if (peekNumber(frame) !== undefined) {
    const values = outcomeOf(() => msgpack.unpack(frame))
    const isAccepted = 'result' in values
    const checked = outcomeOf(() => checkStructure(frame))
    if (isAccepted ? 'refused' in checked : !isDeepStrictEqual(checked, values)) {
      return { difference: 'check', isAccepted }
    }
    if (hasMarkThatMsgpackrDrops(values)) return { isAccepted }
    if (
      !isDeepStrictEqual(
        values,
        outcomeOf(() => msgpackr.unpack(frame)),
      )
    ) {
      return { difference: 'unpack', isAccepted }
    }
  }
  const message = outcomeOf(() => decode(frame))
  const isAccepted = 'result' in message
  return isDeepStrictEqual(
    message,
    outcomeOf(() => codecOfMsgpackr.decode(frame)),
  )
    ? { isAccepted }
    : { difference: 'decode', isAccepted }
}
