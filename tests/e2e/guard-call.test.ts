// Guards in calls of real browsers: the guard of the server with its real model, and a stub whose verdict the
// visitor overrules with the keyboard.
import { expect } from 'vitest'
import { chatPage, test } from './fixtures.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

/** Records the answers of the guard's worker. */
const recorder = `<script>
  window.answers = []
  window.Worker = class extends Worker {
    constructor(url) {
      super(url)
      this.addEventListener('message', ({ data }) => window.answers.push(data))
    }
  }
</script>`

interface Answer {
  readonly type: string
  readonly scores?: Readonly<Record<string, number>>
}

/** Resolves with the scores of the first picture. */
async function firstScores({ page }: Visitor): Promise<Answer['scores']> {
  await page.waitForFunction(
    () => (window as unknown as { answers: Answer[] }).answers.length > 1,
    { polling: 50 },
  )
  const answers = await page.evaluate(() => (window as unknown as { answers: Answer[] }).answers)
  expect(answers.slice(0, 2)).toMatchObject([{ type: 'ready' }, { type: 'scores' }])
  return answers[1]!.scores
}

test('with the attribute `guard`, the model of the server judges both pictures of a call, and finds test pictures harmless', async ({
  startServer,
  hostPage,
  visit,
  visitWithFirefox,
}) => {
  const { url } = await startServer()
  // Only Ana has a camera. So her guard judges her own picture, and Bob's that of his partner.
  const [ana, bob] = await Promise.all([
    visit(await hostPage(recorder + chatPage(url, 'guard'))),
    visitWithFirefox(await hostPage(recorder + chatPage(url, 'guard novideo'))),
  ])
  await meet(ana, bob)
  await bob.waitForMedia()
  for (const visitor of [ana, bob]) {
    const scores = await firstScores(visitor)
    expect(Object.keys(scores!).sort()).toEqual(['Drawing', 'Hentai', 'Neutral', 'Porn', 'Sexy'])
    const sum = Object.values(scores!).reduce((total, score) => total + score, 0)
    expect(sum).toBeCloseTo(1, 3)
    expect(await visitor.text()).not.toContain('explicit')
    expect(await visitor.state()).toBe('connected')
    expect(visitor.errors).toEqual([])
  }
})

/** Presses Tab until the part with this name has the focus, then Enter. */
async function pressWithKeyboard(visitor: Visitor, name: string): Promise<void> {
  await (await visitor.waitForPart(name)).dispose()
  const focused = (): Promise<string | undefined> =>
    visitor.page.evaluate(
      () => document.querySelector('buddy-chat')!.shadowRoot!.activeElement?.part.value,
    )
  for (let presses = 0; presses < 30; presses += 1) {
    if ((await focused()) === name) {
      await visitor.page.keyboard.press('Enter')
      return
    }
    await visitor.page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${name}`)
}

test('with the keyboard, a visitor shows a veiled partner, and sends their own picture again', async ({
  startServer,
  hostPage,
  visit,
}) => {
  const { url } = await startServer()
  // The guard returns `veil` until the page changes its verdict.
  const code = `window.verdict = 'veil'
    export const createGuard = () => ({
      check: async () => ({ verdict: window.verdict, label: 'stub', score: 1 }),
      close() {},
    })`
  const site = await hostPage(
    chatPage(url, `guard="data:text/javascript,${encodeURIComponent(code)}"`),
  )
  const [ana, bob] = await Promise.all([visit(site), visit(await hostPage(chatPage(url)))])
  await meet(ana, bob)
  await bob.waitForText('camera is off')
  await pressWithKeyboard(ana, 'show-partner-button')
  await ana.page.waitForSelector('buddy-chat >>> .remote:not(.veiled)')
  await ana.page.evaluate(() => Object.assign(window, { verdict: 'ok' }))
  await pressWithKeyboard(ana, 'show-self-button')
  await bob.waitForMedia()
  expect(await ana.text()).not.toContain('not sent')
})
