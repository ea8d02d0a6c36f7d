import { packValue } from '../../codec.ts'
import type { StoredTicket } from './wire.ts'

/** The fields of a ticket in the order in which the function in Redis receives them. */
export const ticketFields = [
  'pool',
  'site',
  'lobby',
  'mode',
  'il',
  'ik',
  'la',
  'at',
  'as',
  'sg',
  'ag',
  'kI',
  'kL',
  'iM',
  'lM',
  'rg',
  'rM',
  'delay',
  'fk',
] as const satisfies readonly (keyof StoredTicket)[]

/** The bytes before the values of a list in MessagePack that has 16 to 65,535 of them. */
const listHeaderBytes = 3

/**
 * Returns the values of a ticket in MessagePack, one after the other. The function stores these bytes as they are, so
 * it decodes a ticket once for each search, and never encodes it.
 */
export function packTicket(ticket: StoredTicket): Uint8Array {
  return packValue(ticketFields.map((name) => ticket[name])).subarray(listHeaderBytes)
}

/** Returns the bytes before a text in MessagePack. */
function textHeader(bytes: number): Buffer {
  const header = Buffer.alloc(5)
  header[0] = 0xdb
  header.writeUInt32BE(bytes, 1)
  return header
}

/**
 * Encodes a call of the function. The tickets in it, which are bytes already, follow the rest as texts of their own,
 * because a message of msgpackr has no texts of arbitrary bytes, and Lua knows no other type for bytes. A command has
 * the number of its ticket.
 */
export function packCall(call: {
  readonly commands: readonly Readonly<Record<string, unknown>>[]
  readonly [name: string]: unknown
}): Uint8Array {
  const tickets: Uint8Array[] = []
  const commands = call.commands.map((command) => {
    const w = command['w']
    return w instanceof Uint8Array ? { ...command, w: tickets.push(w) } : command
  })
  const parts = tickets.flatMap((ticket) => [textHeader(ticket.length), ticket])
  return Buffer.concat([packValue({ ...call, commands }), ...parts])
}
