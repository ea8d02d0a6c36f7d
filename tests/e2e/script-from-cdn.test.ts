// The script from a CDN, and one version of it from a server, both with a hash that the browser checks.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { test } from './fixtures.ts'
import { meet, Visitor } from './visitor.ts'

const root = join(import.meta.dirname, '../..')
const name = 'buddy-chat.min.js'

/** The tag that the release prints, and the folder that it belongs to. */
function buildCdn(): { readonly folder: string; readonly tag: string } {
  const built = spawnSync(process.execPath, [join(root, 'scripts/build-cdn.mjs')], {
    encoding: 'utf8',
  })
  expect([built.status, built.stderr]).toEqual([0, ''])
  const [, folder = ''] = /^(dist\/cdn\/\S+) /m.exec(built.stdout.replaceAll('\\', '/')) ?? []
  const [tag = ''] = /<script[^>]*><\/script>/.exec(built.stdout) ?? []
  return { folder: join(root, folder), tag }
}

/** Serves the files of `folder` as a CDN does: any origin may read them. */
async function serveStatically(
  folder: string,
  change: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    response.writeHead(200, {
      'Content-Type': 'text/javascript',
      'Access-Control-Allow-Origin': '*',
    })
    response.end(change(readFileSync(join(folder, url))))
  })
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const chatPage = (script: string, attributes = ''): string =>
  `<!doctype html><meta charset="utf-8"><title>A site</title>${script}
   <style>buddy-chat { height: 400px }</style><buddy-chat ${attributes}></buddy-chat>`

/** Waits until the page has run the script, or refused it. Returns the element's version, if it is defined. */
const versionOn = ({ page }: Visitor): Promise<string | undefined> =>
  page.evaluate(async () => {
    if (document.readyState !== 'complete') {
      await new Promise((resolve) => addEventListener('load', resolve, { once: true }))
    }
    const defined = customElements.get('buddy-chat') as { version?: string } | undefined
    return defined?.version
  })

test('Chromium and Firefox load the script from a CDN with its hash, and meet at a Buddy server of another origin', async ({
  startServer,
  hostPage,
  browsers,
}) => {
  const [chromium, firefox] = await Promise.all([browsers.lendChromium(), browsers.lendFirefox()])
  const { url, server } = await startServer()
  const { folder, tag } = buildCdn()
  const { version } = server.status()
  const integrity = JSON.parse(readFileSync(join(folder, 'integrity.json'), 'utf8'))
  expect(tag).toContain(`integrity="${integrity[name]}"`)
  expect(tag).toContain(`@buddy-chat/element@${version}/dist/${name}`)
  expect(readFileSync(join(folder, name), 'utf8')).toMatch(`Buddy ${version}, ISC`)
  const from = (cdn: string): string => tag.replace(/src="[^"]*\//, `src="${cdn}/`)
  const cdn = await serveStatically(folder)

  const site = await hostPage(chatPage(from(cdn), `server="${url}"`))
  const [ana, bob] = await Promise.all([Visitor.open(chromium, site), Visitor.open(firefox, site)])
  expect([await versionOn(ana), await versionOn(bob)]).toEqual([version, version])
  await meet(ana, bob)
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  expect([...ana.errors, ...bob.errors]).toEqual([])

  // One changed byte: both browsers refuse the script.
  const forged = await serveStatically(folder, (bytes) => Buffer.from(`${bytes} `))
  const forgedSite = await hostPage(chatPage(from(forged), `server="${url}"`))
  const unchecked = await hostPage(
    chatPage(from(forged).replace(/integrity="[^"]*"/, ''), `server="${url}"`),
  )
  for (const browser of [chromium, firefox]) {
    expect(await versionOn(await Visitor.open(browser, forgedSite))).toBeUndefined()
    expect(await versionOn(await Visitor.open(browser, unchecked))).toBe(version)
  }
})

test('the guard from a CDN checks pictures on a page of another origin, and is refused if it was changed', async ({
  hostPage,
  browsers,
}) => {
  const [chromium, firefox] = await Promise.all([browsers.lendChromium(), browsers.lendFirefox()])
  const { folder } = buildCdn()
  const integrity = JSON.parse(readFileSync(join(folder, 'integrity.json'), 'utf8'))
  const tags = readFileSync(join(folder, 'tags-with-guard.html'), 'utf8')
  const { hash, published } =
    /"(?<published>https:[^"]+)": "(?<hash>[^"]+)"/.exec(tags)?.groups ?? {}
  expect(hash).toBe(integrity['guard/buddy-guard.js'])
  expect(tags).toContain(`guard="${published}"`)
  const intact = await serveStatically(folder)
  const forged = await serveStatically(folder, (bytes) => Buffer.from(`${bytes} `))
  for (const [browser, cdn] of [
    [chromium, intact],
    [firefox, intact],
    [chromium, forged],
    [firefox, forged],
  ] as const) {
    const url = `${cdn}/guard/buddy-guard.js`
    const [map = ''] = /<script[^]*<\/script>/.exec(tags.replaceAll(published!, url)) ?? []
    const { page } = await Visitor.open(browser, await hostPage(chatPage(map)))
    // As text, because vitest replaces import() in the code of a test.
    const verdict = await page.evaluate(`import('${url}').then(
      async ({ createGuard }) => {
        const guard = await createGuard()
        const canvas = new OffscreenCanvas(320, 240)
        canvas.getContext('2d').fillRect(0, 0, 320, 240)
        return (await guard.check(canvas.transferToImageBitmap())).verdict
      },
      () => 'refused',
    )`)
    expect(verdict).toBe(cdn === intact ? 'ok' : 'refused')
  }
})

test('the script from a CDN needs `server`, and shows that in the element', async ({
  hostPage,
  visit,
}) => {
  const { folder } = buildCdn()
  const cdn = await serveStatically(folder)
  const listener = `<script>
    addEventListener('buddy-error', ({ detail }) => document.title = detail.error.code)
  </script>`
  const tag = `<script src="${cdn}/${name}"></script>`
  const visitor = await visit(await hostPage(chatPage(listener + tag)))
  await visitor.press('start-button')
  await visitor.waitForText('No chat server is set')
  expect(await visitor.text()).toContain('server="https://…"')
  expect(await visitor.page.title()).toBe('server-missing')
  expect([await visitor.state(), await visitor.liveTracks()]).toEqual(['idle', 0])
})

test('one version of a server’s script, with its hash, finds its server', async ({
  startServer,
  hostPage,
  browsers,
}) => {
  const chromium = await browsers.lendChromium()
  const { url, server } = await startServer()
  const { version } = server.status()
  const manifest = join(root, 'packages/buddy-server/dist/public/manifest.json')
  const { files } = JSON.parse(readFileSync(manifest, 'utf8'))
  const tag = (integrity: string): string =>
    `<script src="${url}/v/${version}/buddy-chat.js" integrity="${integrity}" crossorigin></script>`
  const site = await hostPage(chatPage(tag(files['v/buddy-chat.js']), 'mode="text"'))
  const visitor = await Visitor.open(chromium, site)
  await visitor.press('start-button')
  await visitor.waitForState('waiting')
  const other = await hostPage(chatPage(tag(files['demo.js'])))
  expect(await versionOn(await Visitor.open(chromium, other))).toBeUndefined()
})
