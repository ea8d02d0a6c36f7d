// A page for operators in a real Chromium, for the tests of these pages.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'puppeteer-core'
import { adminToken } from '../server-fixture.ts'
import { test as base } from './browser-pool.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** A page for operators that a browser has opened. */
export interface Visit {
  readonly page: Page
  /** Uncaught errors, and violations of the content security policy. */
  readonly errors: readonly string[]
}

/** Tests of a page for operators. */
export const test = base.extend<{
  /** The path of the page. @default '/dashboard' */
  readonly path: string
  /** Opens the page of the server at `url`. The browser answers the login prompt with `token`. */
  readonly open: (url: string, token?: string) => Promise<Visit>
}>({
  path: '/dashboard',
  open: async ({ path, browsers }, use) => {
    await use(async (url, token = adminToken) => {
      const context = await browsers.lendChromium()
      const page = await context.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(String(error)))
      await page.exposeFunction('reportViolation', (text: string) => errors.push(text))
      await page.evaluateOnNewDocument(() => {
        document.addEventListener('securitypolicyviolation', (event) => {
          const { reportViolation } = window as unknown as {
            reportViolation: (text: string) => void
          }
          reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`)
        })
      })
      if (token) await page.authenticate({ username: 'operator', password: token })
      await page.goto(`${url}${path}`)
      return { page, errors }
    })
  },
})

/**
 * Resolves when the text of the element at `selector` equals `text`, or matches it if it is a
 * regular expression.
 */
export async function waitForText(
  page: Page,
  selector: string,
  text: string | RegExp,
): Promise<void> {
  const isExact = typeof text === 'string'
  try {
    await page.waitForFunction(
      (where, wanted, exact) => {
        const shown = document.querySelector<HTMLElement>(where)?.innerText.trim() ?? ''
        return exact ? shown === wanted : new RegExp(wanted, 's').test(shown)
      },
      { polling: 50, timeout: 20_000 },
      selector,
      isExact ? text : text.source,
      isExact,
    )
  } catch (cause) {
    const shown = await page
      .$eval(selector, (element) => (element as HTMLElement).innerText)
      .catch(() => '(nothing)')
    throw new Error(`${selector} does not show ${String(text)} but ${shown}`, { cause })
  }
}

/** Resolves when the page shows this state of its connection to the server. */
export const waitForConnection = (page: Page, state: string): Promise<unknown> =>
  page.waitForFunction(
    (wanted) => document.body.dataset['connection'] === wanted,
    { polling: 50, timeout: 30_000 },
    state,
  )

/** Runs an accessibility audit. Returns one string for each violation. */
export async function audit(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { axe: auditor } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await auditor.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
}
