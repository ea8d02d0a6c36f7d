import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Webhook } from './scene.ts'

/** Enough for ten reports: the server sends four at a time, and each takes half a second. */
const arrivalTimeoutMs = 10_000

/** An HTTP server that receives webhooks and keeps them. */
export interface WebhookReceiver {
  readonly url: string
  /** See `Scene.webhooks`. */
  webhooks(event: string, leastCount: number): Promise<readonly Webhook[]>
  close(): void
}

/** Starts a receiver on this machine that answers each webhook after `delayMs`. */
export async function startWebhookReceiver(delayMs: number): Promise<WebhookReceiver> {
  const received: Webhook[] = []
  let onWebhook: () => void = () => undefined
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      received.push(JSON.parse(body) as Webhook)
      onWebhook()
      setTimeout(() => response.writeHead(204).end(), delayMs)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    webhooks: (event, leastCount) =>
      new Promise((resolve) => {
        const found = (): Webhook[] => received.filter((webhook) => webhook.event === event)
        const timer = setTimeout(() => resolve(found()), arrivalTimeoutMs)
        onWebhook = () => {
          if (found().length < leastCount) return
          clearTimeout(timer)
          resolve(found())
        }
        onWebhook()
      }),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
