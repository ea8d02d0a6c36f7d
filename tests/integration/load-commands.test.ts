// Short runs of the fuzzers and of the soak test, and their errors for invalid flags.
import { expect, test } from 'vitest'
import { runCommand } from '../run-command.ts'

test('npm run fuzz finds no fault in 20,000 frames', { timeout: 120_000 }, async () => {
  const { code, output } = await runCommand('tests/fuzz/fuzz.ts', '--frames', '20000')
  expect(output).toMatch(/^seed \d+, 20000 frames/)
  // A run without matches, texts and resumes could not find a fault in them.
  expect(output).toMatch(
    /resumed [1-9]\d*, not resumed \d+, matched [1-9]\d*, texts received [1-9]/,
  )
  expect(output).toMatch(/nothing failed\n$/)
  expect(code).toBe(0)
})

test('npm run fuzz -- --codec finds no difference in 10,000 cases', async () => {
  const { code, output } = await runCommand('tests/fuzz/codec.ts', '--cases', '10000')
  expect(output).toMatch(/^seed \d+, 10000 cases/)
  // A run in which no frame is accepted, or none is refused, could not find a difference in them.
  expect(output).toMatch(/\n[1-9]\d{3} accepted, [1-9]\d{3} refused/)
  expect(output).toMatch(/nothing failed\n$/)
  expect(code).toBe(0)
})

test('npm run soak finds no fault in six seconds', { timeout: 120_000 }, async () => {
  const args = ['--minutes', '0.1', '--users', '20']
  const { code, output } = await runCommand('tests/soak/soak.ts', ...args)
  expect(output).toMatch(/^seed \d+: 20 users at a time, 0.1 minutes/)
  expect(output).toMatch(/visits [1-9]\d*, matched [1-9]/)
  expect(output).toMatch(/nothing failed\n$/)
  expect(code).toBe(0)
})

test.for([
  ['fuzz/fuzz.ts', '--frame', '1000', /Unknown option '--frame'/],
  ['fuzz/fuzz.ts', '--frames', 'many', /--frames is "many": it must be a whole number from 1000 /],
  ['fuzz/fuzz.ts', '--frames', '10', /--frames is "10": it must be a whole number from 1000 /],
  ['fuzz/fuzz.ts', '--seed', '1.5', /--seed is "1.5": it must be a whole number from 0 /],
  ['fuzz/codec.ts', '--case', '1000', /Unknown option '--case'/],
  ['fuzz/codec.ts', '--cases', '10', /--cases is "10": it must be a whole number from 1000 /],
  ['soak/soak.ts', '--minuets', '5', /Unknown option '--minuets'/],
  ['soak/soak.ts', '--minutes', '', /--minutes is "": it must be a number from 0.1 /],
  ['soak/soak.ts', '--minutes', '0', /--minutes is "0": it must be a number from 0.1 /],
  ['soak/soak.ts', '--users', '1', /--users is "1": it must be a whole number from 2 /],
] as const)('%s refuses %s "%s" with a one-line error', async ([file, flag, value, message]) => {
  const { code, output } = await runCommand(`tests/${file}`, flag, value)
  expect(output).toMatch(message)
  expect(output.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(2)
})
