import { LoadClient } from '../load/load-client.ts'
import { readJournal } from './journal.ts'

/**
 * Repeats the actions of a journal in their order. Resumes fail, because the new server issues other
 * tokens; the server then starts a new session instead.
 */
export async function replay(url: string, journal: string): Promise<void> {
  const clients = new Map<number, LoadClient>()
  const clientOf = async (connection: number): Promise<LoadClient> => {
    const known = clients.get(connection)
    if (known) return known
    const client = await LoadClient.open(url, {
      onMessage: () => undefined,
      onFault: (text) => console.error(text),
    })
    clients.set(connection, client)
    return client
  }
  for (const entry of readJournal(journal)) {
    const client = await clientOf(entry.connection)
    if (!client.isOpen) continue
    if (entry.kind === 'frame') client.sendFrames([entry.bytes])
    else if (entry.kind === 'text') client.sendFrames([Buffer.from(entry.bytes).toString()])
    else if (entry.kind === 'garbage') await client.sendGarbage(entry.bytes)
    else if (entry.kind === 'end') client.terminate()
    await client.settled()
  }
  for (const client of clients.values()) client.terminate()
}
