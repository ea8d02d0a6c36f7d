import { writeFileSync } from 'node:fs'

/** One action of a client on one connection. */
export type Entry =
  | { readonly kind: 'open' | 'end' }
  | { readonly kind: 'frame' | 'text' | 'garbage'; readonly bytes: Uint8Array }

const maxEntries = 20_000

/** Keeps the latest 20,000 actions of all connections, in order, so that they can be replayed. */
export class Journal {
  #entries: (Entry & { readonly connection: number })[] = []
  #connections = 0

  /** Records a new connection, and returns its number. */
  open(): number {
    const connection = ++this.#connections
    this.add(connection, { kind: 'open' })
    return connection
  }

  add(connection: number, entry: Entry): void {
    this.#entries.push({ connection, ...entry })
    if (this.#entries.length > 2 * maxEntries) this.#entries = this.#entries.slice(-maxEntries)
  }

  /** Writes one line for each entry: connection, kind, bytes in hexadecimal. */
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

/** Parses what {@link Journal.write} wrote. */
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
