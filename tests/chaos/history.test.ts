import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { History, readHistory } from './history.ts'

test('what happens after the end of a run is not noted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-history-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'history.jsonl')
  const history = new History(path)
  history.add({ do: 'quiet' })
  await history.close()
  history.add({ do: 'end' })
  expect(history.entries.map((entry) => entry.do)).toEqual(['quiet'])
  expect(readHistory(path)).toEqual(history.entries)
})
