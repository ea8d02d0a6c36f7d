// Serves a page with the headless client, as its package has it, without a bundler.
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

const html = `<!doctype html><title>A site</title><video autoplay playsinline muted></video>
<script type="importmap">{ "imports": {
  "@buddy-chat/client": "/buddy-client/dist/index.js",
  "@buddy-chat/protocol": "/buddy-protocol/dist/index.js" } }</script>
<script type="module">
  import { BuddyClient } from '@buddy-chat/client'
  window.BuddyClient = BuddyClient
</script>`

const packages = fileURLToPath(new URL('../../packages/', import.meta.url))

/** Serves the page. The caller must close the server. */
export async function serveHeadless(): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/') {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html)
      return
    }
    // `URL` has resolved every `..`, so that the path stays in the folder.
    readFile(`${packages}${pathname}`).then(
      (script) => response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(script),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}
