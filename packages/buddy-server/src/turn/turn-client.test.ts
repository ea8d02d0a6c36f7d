import { expect, test } from 'vitest'
import { openTurnClient } from './turn-client.ts'

test('openTurnClient rejects if its signal is aborted already, for example because the name was resolved late', async () => {
  const target = {
    transport: 'udp',
    address: '127.0.0.1',
    port: 9,
    serverName: 'turn.example.org',
  } as const
  const late = new Error('too late')
  await expect(openTurnClient(target, AbortSignal.abort(late))).rejects.toBe(late)
})
