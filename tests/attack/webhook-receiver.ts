import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Webhook } from './scene.ts'

/** A receiver of webhooks, which keeps them. */
export interface WebhookReceiver {
  readonly url: string
  /** In the order of their arrival. */
  readonly received: readonly Webhook[]
  close(): void
}

/** Starts a receiver on this machine that answers each webhook after `delayMs`. */
export async function startWebhookReceiver(delayMs: number): Promise<WebhookReceiver> {
  const received: Webhook[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      received.push(JSON.parse(body) as Webhook)
      setTimeout(() => response.writeHead(204).end(), delayMs)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
