// The short run of `npm run fuzz`, and what both commands say to what they do not understand.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

interface Outcome {
  readonly code: number | null
  readonly output: string
}

/** Runs a file of the tests with Node, which erases its types. */
function run(file: string, ...args: readonly string[]): Promise<Outcome> {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args])
  onTestFinished(() => void child.kill())
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
}

test(
  'twenty thousand frames: no crash, no misdelivery, memory comes back',
  { timeout: 120_000 },
  async () => {
    const { code, output } = await run('fuzz/fuzz.ts', '--frames', '20000')
    expect(output).toMatch(/^seed \d+, 20000 frames/)
    // People met, spoke and came back: where nobody does, nothing can be misdelivered.
    expect(output).toMatch(
      /resumed [1-9]\d*, started anew \d+, matched [1-9]\d*, lines heard [1-9]/,
    )
    expect(output).toMatch(/nothing failed\n$/)
    expect(code).toBe(0)
  },
)

test.for([
  ['fuzz/fuzz.ts', '--frame', '1000', /Unknown option '--frame'/],
  ['fuzz/fuzz.ts', '--frames', 'many', /--frames is "many": it must be a whole number from 1000 /],
  ['fuzz/fuzz.ts', '--frames', '10', /--frames is "10": it must be a whole number from 1000 /],
  ['fuzz/fuzz.ts', '--seed', '1.5', /--seed is "1.5": it must be a whole number from 0 /],
  ['soak/soak.ts', '--minuets', '5', /Unknown option '--minuets'/],
  ['soak/soak.ts', '--minutes', '', /--minutes is "": it must be a number from 0.1 /],
  ['soak/soak.ts', '--minutes', '0', /--minutes is "0": it must be a number from 0.1 /],
  ['soak/soak.ts', '--people', '1', /--people is "1": it must be a whole number from 2 /],
] as const)('%s %s "%s" is refused in a sentence', async ([file, flag, value, sentence]) => {
  const { code, output } = await run(file, flag, value)
  expect(output).toMatch(sentence)
  expect(output.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(2)
})
