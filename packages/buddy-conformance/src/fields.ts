import type { Packable } from './msgpack.ts'
import { modes } from './wire.ts'

/** The fields of a `hello`. Each can be forged, also by bytes. */
export interface HelloFields {
  readonly name?: Packable
  readonly site?: Packable
  readonly client?: Packable
  readonly token?: Packable
  readonly resume?: Packable
  readonly visitor?: Packable
}

/** Returns the fields of a `hello`, with defaults for those that are not given. */
export function helloFields(fields: HelloFields = {}): readonly Packable[] {
  const { name = 'Ana', site = '', client = 'buddy-conformance' } = fields
  const { token = null, resume = null, visitor } = fields
  const added = visitor === undefined ? [] : [visitor]
  return [name, site, client, token, resume, ...added]
}

/** The fields of a `ticket`. Each can be forged, also by bytes. */
export interface TicketFields {
  readonly mode?: Packable
  readonly lobby?: Packable
  readonly interests?: Packable
  readonly languages?: Packable
  readonly offer?: Packable
  readonly asks?: Packable
  readonly keep?: Packable
}

/** Returns the fields of a `ticket`, with defaults for those that are not given. */
export function ticketFields(fields: TicketFields = {}): readonly Packable[] {
  const { mode = modes.audio, lobby = '', interests = [], languages = [], offer = null } = fields
  const { asks = null, keep = null } = fields
  const added = asks === null && keep === null ? [] : [asks, keep]
  return [mode, lobby, interests, languages, offer, ...added]
}
