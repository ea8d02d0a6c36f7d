// The text format of recorded conversations. Each line is `WHO VERB [DETAIL]`. Lines that begin with `#` are
// comments.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What a line reports. Of `server`: `has` its settings (JSON), `knows` the numbers of all messages of the
 * version, `starts`, `stops`. Of a client, by name:
 * - `has` its options (JSON); `does` a method call (name and JSON of the arguments)
 * - `page`: its page froze or woke (`freeze`, `wake`)
 * - `opens` a connection; `sends` and `gets` a frame (hexadecimal)
 * - `closes` the connection with a code; `is-closed` by the server with a code; `loses` the connection
 * - `is` in a state; `emits` an event (name and JSON of its detail)
 */
const verbs = [
  'has',
  'knows',
  'starts',
  'stops',
  'does',
  'page',
  'opens',
  'sends',
  'gets',
  'closes',
  'is-closed',
  'loses',
  'is',
  'emits',
] as const

export interface Line {
  readonly who: string
  readonly verb: (typeof verbs)[number]
  readonly detail: string
}

/** A recorded conversation. */
export interface Recording {
  /** The version of the client and the server that were recorded. */
  readonly version: string
  readonly name: string
  readonly lines: readonly Line[]
}

/** The folder with one folder for each recorded version. */
export const recordingsFolder = join(import.meta.dirname, 'recordings')

export function formatLine({ who, verb, detail }: Line): string {
  return detail === '' ? `${who} ${verb}` : `${who} ${verb} ${detail}`
}

function parseLine(text: string): Line {
  const [, who = '', verb, detail = ''] = /^(\S+) (\S+)(?: (.*))?$/.exec(text) ?? []
  const known = verbs.find((name) => name === verb)
  if (known === undefined) throw new Error(`not a line of a recording: ${text.slice(0, 60)}`)
  return { who, verb: known, detail }
}

/** Returns the recordings of all versions. */
export function readRecordings(): readonly Recording[] {
  return readdirSync(recordingsFolder).flatMap((version) =>
    readdirSync(join(recordingsFolder, version)).map((file) => ({
      version,
      name: file.replace(/\.txt$/, ''),
      lines: readFileSync(join(recordingsFolder, version, file), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map(parseLine),
    })),
  )
}

/** Returns the frame of a line `sends` or `gets`. */
export function frameOf({ detail }: Line): Uint8Array {
  return new Uint8Array(Buffer.from(detail, 'hex'))
}

/** Returns the detail of the first line with this verb. */
export function firstDetail(lines: readonly Line[], verb: Line['verb'], who?: string): string {
  const line = lines.find((item) => item.verb === verb && (who === undefined || item.who === who))
  if (!line) throw new Error(`the recording has no line with "${verb}"`)
  return line.detail
}
