// Two visitors meet through the server of examples/python-server, which knows only the protocol page.
import { expect } from 'vitest'
import { missingPythonMessage, startPythonServer } from '../python-server.ts'
import { chatPage, test } from './fixtures.ts'
import { meet } from './visitor.ts'

if (missingPythonMessage) console.log(missingPythonMessage)

test.skipIf(missingPythonMessage ?? !process.env['BUDDY_FIREFOX'])(
  'Chromium and Firefox call, write, and meet again after Next through the server in Python (skipped without Firefox)',
  async ({ startServer, hostPage, visit, visitWithFirefox }) => {
    // This server only serves the script.
    const { server, url } = await startServer()
    const pythonUrl = await startPythonServer()
    const page = (name: string): Promise<string> =>
      hostPage(chatPage(url, `server="${pythonUrl}" name="${name}" interests="chess"`))
    const [ana, bob] = await Promise.all([
      visit(await page('Ana')),
      visitWithFirefox(await page('Bob')),
    ])
    await meet(ana, bob)
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    await Promise.all([ana.waitForMovement(), bob.waitForMovement()])
    await Promise.all([ana.waitForText('Bob'), bob.waitForText('Ana'), bob.waitForText('chess')])

    await ana.type('text-input', 'Hello from Ana')
    await bob.waitForText('Ana is writing')
    await ana.press('send-button')
    await bob.waitForText('Hello from Ana')

    // Both return to the queue, and meet again as soon as one has waited for three seconds.
    await bob.press('next-button')
    await Promise.all([ana.waitForMatches(2), bob.waitForMatches(2)])
    await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])

    expect([...ana.errors, ...bob.errors]).toEqual([])
    expect(server.status().matches).toBe(0)
  },
)
