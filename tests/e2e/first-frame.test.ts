// Checks that `npm run bench:first-frame` works. The test does not check the measured times.
import { expect, test } from 'vitest'
import { runCommand } from '../run-command.ts'

test('npm run bench:first-frame measures one call of each kind', async () => {
  const args = ['--calls', '1', '--delay', '20']
  const { code, output } = await runCommand('bench/first-frame.mjs', ...args)
  const rows = [...output.matchAll(/^\| 20 ms \| (.*?) \| \d+ /gm)].map(([, what]) => what)
  expect(rows, output).toEqual(['bare pair', 'Buddy', 'Buddy, nothing prepared'])
  expect(code).toBe(0)
})
