import { packValue } from '../../codec.ts'
import type { StoredTicket } from './wire.ts'

/** The lists of a ticket that each search needs, in the order in which the function in Redis receives them. */
export const listFields = ['ik', 'la', 'fk'] as const satisfies readonly (keyof StoredTicket)[]

/** The other fields that each search needs, which follow these. */
export const valueFields = [
  'pool',
  'sg',
  'ag',
  'kI',
  'kL',
  'iM',
  'lM',
  'rg',
  'rM',
  'delay',
] as const satisfies readonly (keyof StoredTicket)[]

/** The rest, which follows as one text. */
export const restFields = [
  'site',
  'lobby',
  'mode',
  'il',
  'at',
  'as',
] as const satisfies readonly (keyof StoredTicket)[]

/** Returns the values of a list in MessagePack, one after the other. */
function packValues(values: readonly unknown[]): Uint8Array {
  // Before them are the type and number of the values, in 1 byte up to 15 of them, and in 3 bytes above.
  return packValue(values).subarray(values.length < 16 ? 1 : 3)
}

/** Returns the bytes of a text with these bytes in MessagePack. */
function packText(bytes: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const header = Buffer.alloc(5)
  header[0] = 0xdb
  header.writeUInt32BE(bytes.length, 1)
  return [header, bytes]
}

/**
 * Returns the values of a ticket in MessagePack, one after the other. The function stores these bytes as they are, so
 * it decodes a ticket once for each search, and never encodes it. A list is a text that contains its values: Lua puts
 * these into a table of the right size, and a list of MessagePack into one that grows.
 */
export function packTicket(ticket: StoredTicket): Uint8Array {
  return Buffer.concat([
    ...listFields.flatMap((name) => packText(packValues(ticket[name]))),
    packValues(valueFields.map((name) => ticket[name])),
    ...packText(packValues(restFields.map((name) => ticket[name]))),
  ])
}

/** The fields of the command `enter`, before its ticket. */
export const enterFields = ['s', 'n', 'e', 'g', 'room', 'isOffered'] as const

/**
 * Encodes a call of the function. The tickets in it, which are bytes already, follow the rest as texts of their own,
 * because a message of msgpackr has no texts of arbitrary bytes, and Lua knows no other type for bytes. A command has
 * the number of its ticket among the values that follow. Instead of the command `enter`, which is the most frequent
 * one, there is the number of its first value.
 */
export function packCall(call: {
  readonly commands: readonly Readonly<Record<string, unknown>>[]
  readonly [name: string]: unknown
}): Uint8Array {
  const parts: Uint8Array[] = []
  let count = 0
  const commands = call.commands.map((command) => {
    const { c: name, w } = command
    if (!(w instanceof Uint8Array)) return command
    const first = count + 1
    if (name === 'enter') {
      parts.push(packValues(enterFields.map((field) => command[field] ?? false)))
      count += enterFields.length
    }
    parts.push(...packText(w))
    count++
    return name === 'enter' ? first : { ...command, w: first }
  })
  return Buffer.concat([packValue({ ...call, commands }), ...parts])
}
