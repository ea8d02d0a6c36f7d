// A page of another origin tries to ban a person in the name of an operator who is signed in to the
// moderation page in the same browser.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HTTPResponse, Page } from 'puppeteer-core'
import { expect } from 'vitest'
import { RawClient } from '../integration/raw-client.ts'
import { adminToken } from '../server-fixture.ts'
import { test as base, waitForConnection } from './operator-page.ts'

const test = base.extend<{
  readonly path: string
  /** The URL of an empty page, at another port than every server. */
  readonly foreignUrl: string
}>({
  path: '/moderation',
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
  foreignUrl: async ({}, use) => {
    const server = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Foreign</title>')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await use(`http://localhost:${(server.address() as AddressInfo).port}/`)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  },
})

interface Attempt {
  readonly target: string
  readonly body: string
}

/** Sends a form, whose body is JSON in the type `text/plain`. The browser then shows the answer. */
async function postForm(
  page: Page,
  attempt: Attempt,
  enctype: string,
): Promise<HTTPResponse | null> {
  const [response] = await Promise.all([
    page.waitForNavigation(),
    page.evaluate(
      ({ target, body }, type) => {
        const form = document.createElement('form')
        form.method = 'POST'
        form.action = target
        form.enctype = type
        const field = document.createElement('input')
        // A text/plain form sends `name=value`, so that the `=` is inside a text of the JSON.
        field.name = `${body.slice(0, -1)},"note":"`
        field.value = '"}'
        form.append(field)
        document.body.append(form)
        form.submit()
      },
      attempt,
      enctype,
    ),
  ])
  return response
}

/**
 * Returns a function that returns the requests of the page to the server at `url` so far that were answered:
 * the method, the status, and whether the browser added credentials. The page itself may not see the answers.
 */
async function watchRequests(page: Page, url: string): Promise<() => readonly string[]> {
  const requests = new Map<string, { method?: string; status?: number; isSignedIn?: boolean }>()
  const add = (id: string, more: object): void =>
    void requests.set(id, { ...requests.get(id), ...more })
  const devTools = await page.createCDPSession()
  await devTools.send('Network.enable')
  devTools.on('Network.requestWillBeSent', ({ requestId, request }) => {
    if (request.url.startsWith(url)) add(requestId, { method: request.method })
  })
  devTools.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) => {
    const isSignedIn = Object.keys(headers).some((name) => /^authorization$/i.test(name))
    add(requestId, { isSignedIn })
  })
  devTools.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
    add(requestId, { status: statusCode })
  })
  return () =>
    [...requests.values()].flatMap(({ method, status, isSignedIn }) =>
      method && status ? `${method} ${status}${isSignedIn ? ' with credentials' : ''}` : [],
    )
}

/** Sends a request by `fetch`, with the credentials that the browser has for the server. */
const postByFetch = (page: Page, attempt: Attempt, init: RequestInit): Promise<string> =>
  page.evaluate(
    async ({ target, body }, more) => {
      try {
        const response = await fetch(target, {
          method: 'POST',
          body,
          credentials: 'include',
          ...more,
        })
        return `${response.type} ${response.status}`
      } catch (error) {
        return (error as Error).name
      }
    },
    attempt,
    init,
  )

/**
 * The host of both the server and the other page: to a page of another host Chromium gives no credentials. It sends
 * `Sec-Fetch-Site` only to hosts that it trusts without https, such as localhost. To others it sends only `Origin`.
 */
const hosts = ['localhost', 'home.example'] as const

test.for(hosts)(
  'at %s, no request of a page of another port changes anything, although the browser adds the credentials of the operator',
  async (host, { startServer, open, foreignUrl: foreignLocalUrl }) => {
    const { url: localUrl, server } = await startServer({ adminToken, host: '127.0.0.1' })
    const url = localUrl.replace('localhost', host)
    const foreignUrl = foreignLocalUrl.replace('localhost', host)
    const [, other] = await RawClient.pair(localUrl)
    other.send({ type: 'report', reason: 'spam', room: null })
    await other.settled()
    const { page: operatorPage } = await open(url)
    await waitForConnection(operatorPage, 'live')
    const [{ personId } = { personId: '' }] = server.moderation.reports()
    await server.moderation.decide(
      personId,
      { kind: 'ban', reason: 'spam', durationMs: null },
      'kim',
    )
    const [{ id: banId } = { id: '' }] = server.moderation.bans()

    // A page in the same browser. No test code answers its login prompts.
    const page = await operatorPage.browserContext().newPage()
    const requests = await watchRequests(page, url)
    const goBack = (): Promise<unknown> => page.goto(foreignUrl)

    // The browser does add the credentials to requests of this page, so that the server answers with data.
    await goBack()
    await page.evaluate(
      (target) => fetch(target, { mode: 'no-cors', credentials: 'include' }).then(() => undefined),
      `${url}/client-address`,
    )
    await expect.poll(requests).toEqual(['GET 200 with credentials'])

    const attempts: readonly Attempt[] = [
      {
        target: `${url}/moderation/decide`,
        body: JSON.stringify({ personId, kind: 'ban', reason: 'spam', durationMs: null }),
      },
      { target: `${url}/moderation/lift`, body: JSON.stringify({ banId }) },
    ]
    const refused = 'POST 403 with credentials'
    for (const attempt of attempts) {
      for (const enctype of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
      ]) {
        await goBack()
        const response = await postForm(page, attempt, enctype)
        expect([response?.status(), await response?.json()]).toEqual([
          403,
          { error: 'cross-origin', message: expect.any(String) },
        ])
      }
      await goBack()
      const before = requests().length
      const added = (): readonly string[] => requests().slice(before)
      await postByFetch(page, attempt, { mode: 'no-cors' })
      // In this mode the browser does not set the type to JSON.
      const headers = { 'Content-Type': 'application/json' }
      await postByFetch(page, attempt, { mode: 'no-cors', headers })
      await page.evaluate(
        ({ target, body }) =>
          navigator.sendBeacon(target, new Blob([body], { type: 'text/plain' })),
        attempt,
      )
      await expect.poll(added).toEqual([refused, refused, refused])
      // The browser asks the server for permission before these, and gets none.
      expect(await postByFetch(page, attempt, { mode: 'cors', headers })).toBe('TypeError')
      const withToken = { ...headers, Authorization: 'Bearer guess' }
      expect(await postByFetch(page, attempt, { mode: 'cors', headers: withToken })).toBe(
        'TypeError',
      )
      // The browser refuses this by itself.
      expect(await postByFetch(page, attempt, { mode: 'same-origin', headers })).toBe('TypeError')
      await expect.poll(() => added().slice(3)).toEqual(['OPTIONS 405', 'OPTIONS 405'])
    }
    expect(server.moderation.decisions().map(({ kind, by }) => [kind, by])).toEqual([
      ['ban', 'kim'],
    ])
    expect(server.moderation.bans().map(({ id }) => id)).toEqual([banId])

    // The same request from the page of the server does change something.
    const [, lift] = attempts
    const own = await operatorPage.evaluate(async ({ target, body }) => {
      const headers = { 'Content-Type': 'application/json' }
      return (await fetch(target, { method: 'POST', body, headers })).status
    }, lift!)
    expect(own).toBe(200)
    expect(server.moderation.bans()).toEqual([])
  },
)
