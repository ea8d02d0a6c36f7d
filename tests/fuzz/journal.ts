import { writeFileSync } from 'node:fs'

/** What happened to one connection. */
export type Entry =
  | { readonly kind: 'open' | 'end' }
  | { readonly kind: 'frame' | 'text' | 'garbage'; readonly bytes: Uint8Array }

/** So many of the latest are kept. */
const maxEntries = 20_000

/** The latest of what all connections did, in order, so that it can be done again. */
export class Journal {
  #entries: (Entry & { readonly connection: number })[] = []
  #connections = 0

  /** A number for one more connection. */
  open(): number {
    const connection = ++this.#connections
    this.add(connection, { kind: 'open' })
    return connection
  }

  add(connection: number, entry: Entry): void {
    this.#entries.push({ connection, ...entry })
    if (this.#entries.length > 2 * maxEntries) this.#entries = this.#entries.slice(-maxEntries)
  }

  /** Writes one line for each: connection, what, bytes in hexadecimal. */
  write(path: string): void {
    const lines = this.#entries
      .slice(-maxEntries)
      .map((entry) =>
        [
          entry.connection,
          entry.kind,
          'bytes' in entry ? Buffer.from(entry.bytes).toString('hex') : '',
        ].join(' '),
      )
    writeFileSync(path, `${lines.join('\n')}\n`)
  }
}

/** What {@link Journal.write} wrote. */
export function readJournal(text: string): readonly (Entry & { readonly connection: number })[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [connection, kind, hex = ''] = line.split(' ')
      const bytes = new Uint8Array(Buffer.from(hex, 'hex'))
      return { connection: Number(connection), kind, bytes } as Entry & { connection: number }
    })
}
