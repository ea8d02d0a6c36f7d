// The guard with its real model, on drawn, harmless pictures. The unit test of the thresholds (scores.test.ts
// of the guard) checks the verdicts on other scores.
import type * as GuardModule from '@buddy-chat/guard'
import type { BrowserContext, Page } from 'puppeteer-core'
import { expect } from 'vitest'
import { test as base } from './fixtures.ts'

const test = base.extend<{ readonly both: readonly BrowserContext[] }>({
  both: async ({ browsers }, use) => {
    await use(await Promise.all([browsers.lendChromium(), browsers.lendFirefox()]))
  },
})

/** Loads the guard of the server at `url` into the page, and has it check drawn pictures. */
async function checkDrawings(page: Page, url: string): Promise<readonly (readonly string[])[]> {
  // As text, because vitest replaces import() in the code of a test.
  await page.evaluate(
    `import('${url}/buddy-guard.js').then((module) => { window.guardModule = module })`,
  )
  return page.evaluate(async () => {
    const { guardModule } = window as unknown as { readonly guardModule: typeof GuardModule }
    const guard = await guardModule.createNsfwGuard()
    const drawings: Record<string, (context: OffscreenCanvasRenderingContext2D) => void> = {
      'a dark room': (context) => context.fillRect(0, 0, 320, 240),
      'a bright wall': (context) => {
        context.fillStyle = '#e8e4da'
        context.fillRect(0, 0, 320, 240)
      },
      'a landscape': (context) => {
        context.fillStyle = '#7ab8e8'
        context.fillRect(0, 0, 320, 130)
        context.fillStyle = '#3f7d3a'
        context.fillRect(0, 130, 320, 110)
        context.fillStyle = '#fd3'
        context.arc(250, 50, 25, 0, 7)
        context.fill()
      },
      'a page of text': (context) => {
        context.fillStyle = '#fff'
        context.fillRect(0, 0, 320, 240)
        context.fillStyle = '#000'
        for (let y = 20; y < 240; y += 18) context.fillText('The quick brown fox jumps', 20, y)
      },
    }
    const results: string[][] = []
    for (const [name, draw] of Object.entries(drawings)) {
      const canvas = new OffscreenCanvas(320, 240)
      draw(canvas.getContext('2d')!)
      const { verdict, score } = await guard.check(canvas.transferToImageBitmap())
      results.push([name, verdict, score > 0.2 && score <= 1 ? 'a score' : `${score}`])
    }
    guard.close()
    return results
  })
}

const expected = ['a dark room', 'a bright wall', 'a landscape', 'a page of text'].map((name) => [
  name,
  'ok',
  'a score',
])

async function open(browser: BrowserContext, url: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(url)
  return page
}

test('the model finds drawn pictures harmless, in Chromium and Firefox, on the server’s own page with its strict policy', async ({
  startServer,
  both,
}) => {
  const { url } = await startServer()
  for (const browser of both) {
    expect(await checkDrawings(await open(browser, url), url)).toEqual(expected)
  }
})

test('the model runs on a page of another origin, also one with Trusted Types and a policy that names the server', async ({
  startServer,
  hostPage,
  both,
}) => {
  const { url } = await startServer()
  const policy = [
    "default-src 'none'",
    `script-src ${url} 'wasm-unsafe-eval'`,
    'worker-src blob:',
    "require-trusted-types-for 'script'",
    'trusted-types buddy-guard',
  ].join('; ')
  const site = await hostPage(
    `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}"><title>A site</title>`,
  )
  for (const browser of both) {
    expect(await checkDrawings(await open(browser, site), url)).toEqual(expected)
  }
})

test('a page whose policy forbids the worker gets an error that says so', async ({
  startServer,
  hostPage,
  both,
}) => {
  const { url } = await startServer()
  const site = await hostPage(
    `<!doctype html><meta http-equiv="Content-Security-Policy"
      content="script-src ${url}; worker-src 'none'"><title>A site</title>`,
  )
  for (const browser of both) {
    const page = await open(browser, site)
    await expect(checkDrawings(page, url)).rejects.toThrow(
      /worker .*does not run: it cannot be loaded, or the content security policy forbids it/,
    )
  }
})
