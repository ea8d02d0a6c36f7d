// Runs each attack of `npm run attack` for 0.1 s. The tests do not check the measured delays.
import { expect, test } from 'vitest'
import { hasLoopbackAddresses } from '../attack/loopback.ts'
import { runCommand } from '../run-command.ts'
import { makeCheckout } from './foreign-checkout.ts'

const file = 'tests/attack/attack.ts'

const isPossible = await hasLoopbackAddresses()

test.skipIf(!isPossible)('every attack stays within the bounds', { timeout: 240_000 }, async () => {
  const { output: refusal } = await runCommand(file, '--attack', 'none')
  const names = /must be one of (.*)\./.exec(refusal)?.[1]?.split(', ') ?? []
  expect(names.length).toBeGreaterThan(25)
  // Runs two attacks at a time, because a short attack mostly waits for processes to start.
  const halves = [0, 1].map((half) => names.filter((_name, index) => index % 2 === half))
  await Promise.all(
    halves.map(async (half) => {
      const chosen = half.flatMap((name) => ['--attack', name])
      const { code, output } = await runCommand(file, '--seconds', '0.1', '--seed', '37', ...chosen)
      const rows = output.matchAll(/^\| (\S+) \| \d+ \/ \d+ \| \d+ \/ \d+ \| \d+ MB \| .*\|$/gm)
      expect([...rows].map(([, name]) => name)).toEqual(half)
      expect(output).toMatch(/\nno attack broke a bound\n$/)
      expect(code).toBe(0)
    }),
  )
})

test.skipIf(!isPossible)('npm run attack exits with 1 if the server does not start', async () => {
  const checkout = makeCheckout('export const createBuddyServer = () => process.exit(7)')
  const args = ['--attack', 'hellos', '--seconds', '0.2', '--server', checkout]
  const { code, output } = await runCommand(file, ...args)
  expect(output).toContain('hellos: Error: the server did not start')
  expect(code).toBe(1)
})

test.for([
  ['--attack', 'none', /--attack is "none": it must be one of unread-bundle, /],
  ['--seconds', '0', /--seconds is "0": it must be a number from 0.1 /],
  ['--seed', '-1', /--seed is "-1"|'--seed' argument is ambiguous/],
  ['--server', '/nowhere', /--server is "\/nowhere": it must be a built checkout/],
] as const)('refuses %s "%s" with an error', async ([flag, value, message]) => {
  const { code, output } = await runCommand(file, flag, value)
  expect(output).toMatch(message)
  expect(code).toBe(2)
})
