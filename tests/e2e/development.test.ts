// `npm run dev` in a copy of the workspace, whose sources the test changes.
import { expect } from 'vitest'
import { startDevelopment } from '../development-process.ts'
import { test } from './fixtures.ts'
import { waitForPageText } from './page-text.ts'

test('npm run dev: a visitor of the demo page meets one of the React example in StrictMode; their call survives changes of the server, a style sheet and the example; a change of the element reloads the page; the guard runs from its sources', async ({
  visit,
}) => {
  const development = startDevelopment({ example: 'react' })
  const url = await development.url()
  const [ana, bob] = await Promise.all([
    visit(`${url}/?name=Ana&interests=English`),
    visit(await development.exampleUrl(), {}, async (page) => {
      await (await page.waitForSelector('::-p-text(Find a partner)'))!.click()
    }),
  ])
  const both = [ana, bob]
  await ana.press('start-button')
  await Promise.all(both.map((visitor) => visitor.waitForState('connected')))
  await Promise.all(both.map((visitor) => visitor.waitForMedia()))
  await waitForPageText(bob.page, 'Partners so far: Ana')
  // React mounts every component twice in StrictMode. That must not start two calls.
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toMatch(/^buddy_sessions_total 2$/m)
  expect(await bob.liveTracks()).toBe(2)

  development.edit(
    'packages/buddy-server/src/operations/http/routes.ts',
    "{ status: 'healthy' }",
    "{ status: 'changed' }",
  )
  await development.writes('The server has restarted')
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'changed' })
  await ana.type('text-input', 'Hello through the new server')
  await ana.press('send-button')
  await bob.waitForText('Hello through the new server')

  const demo = 'packages/buddy-server/pages/demo/demo.css'
  development.edit(demo, 'background: #0e0f16', 'background: #010203')
  await ana.page.waitForFunction(
    () => getComputedStyle(document.body).backgroundColor === 'rgb(1, 2, 3)',
    { polling: 50 },
  )
  development.edit('examples/react/src/app.tsx', 'Language exchange', 'Tandem')
  await waitForPageText(bob.page, 'Tandem')
  // None of these changes has ended the call.
  await Promise.all(both.map((visitor) => visitor.waitForMedia()))
  expect((await ana.record()).events).toHaveLength(1)
  expect((await bob.record()).events).toEqual([{ name: 'match', about: 'Ana' }])

  const reload = ana.page.waitForNavigation()
  development.edit(
    'packages/buddy-element/src/words/english/start-screen.ts',
    "start: 'Start'",
    "start: 'Begin'",
  )
  await reload
  await ana.waitForText('Begin')
  expect([...ana.errors, ...bob.errors]).toEqual([])

  // As text, because vitest replaces import() in the code of a test.
  const verdict = await ana.page.evaluate(`(async () => {
    const { createGuard } = await import('/buddy-guard.js')
    const guard = await createGuard()
    const canvas = new OffscreenCanvas(320, 240)
    canvas.getContext('2d').fillRect(0, 0, 320, 240)
    const { verdict } = await guard.check(canvas.transferToImageBitmap())
    guard.close()
    return verdict
  })()`)
  expect(verdict).toBe('ok')

  await ana.page.goto(`${url}/dashboard`)
  await ana.page.waitForSelector('body[data-connection="live"]')

  development.child.kill('SIGINT')
  // Its children have the same output, which is closed when the last process has ended.
  expect(await development.exited).toBe(0)
}, 180_000)
