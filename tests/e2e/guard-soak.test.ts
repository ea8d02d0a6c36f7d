// A short run of the soak test of the guard, and its errors for invalid flags.
import { expect, test } from 'vitest'
import { runCommand } from '../run-command.ts'

test('npm run soak:guard finds flat memory in six seconds', async () => {
  const { code, output } = await runCommand(
    'tests/soak/guard-soak.ts',
    '--minutes',
    '0.1',
    '--interval',
    '200',
  )
  expect(output).toMatch(/^seed \d+: 0.1 minutes, a picture of each stream every 200 ms/)
  expect(output).toMatch(/checks [1-9]\d*, partners [1-9]/)
  expect(output).toMatch(/memory is flat, nothing failed\n$/)
  expect(code).toBe(0)
})

test.for([
  ['--minuets', '5', /Unknown option '--minuets'/],
  ['--minutes', '0', /--minutes is "0": it must be a number from 0.1 /],
  ['--interval', 'often', /--interval is "often": it must be a whole number from 1 /],
] as const)('soak:guard refuses %s "%s" with a one-line error', async ([flag, value, message]) => {
  const { code, output } = await runCommand('tests/soak/guard-soak.ts', flag, value)
  expect(output).toMatch(message)
  expect(output.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(2)
})
