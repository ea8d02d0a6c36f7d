// The page of examples/proof-of-work solves a challenge in a Worker, and two visitors meet.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { watchProcess } from '../integration/watched-process.ts'
import { test } from './fixtures.ts'

const script = join(import.meta.dirname, '../../examples/proof-of-work/server.mjs')

interface Chat extends HTMLElement {
  proof: unknown
  start(): Promise<void>
}

test('two visitors with a proof of work meet, and a visitor with a wrong one sees the reason', async ({
  visit,
}) => {
  const child = spawn(process.execPath, [script], {
    env: { PORT: '0', PAGE_PORT: '0', BITS: '12' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [, page = ''] = await watchProcess(child).matches(/^The page is at (\S+)$/m)
  const [ana, bob, mallory] = await Promise.all([visit(page), visit(page), visit(page)])
  await ana.press('start-button')
  await bob.press('start-button')
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  const code = await mallory.page.evaluate(async () => {
    const chat = document.querySelector('buddy-chat') as unknown as Chat
    chat.proof = 'wrong'
    return chat.start().then(
      () => 'started',
      (error: { code: string }) => error.code,
    )
  })
  expect(code).toBe('proof-required')
})
