import { once } from 'node:events'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A webhook request that the receiver has received. */
export interface Delivery {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Answers a request; `index` is the number of requests before it. */
export type Answer = (response: ServerResponse, index: number) => void

/** An HTTP server on this machine that receives webhooks and keeps them. */
export interface WebhookReceiver {
  readonly url: string
  /** The requests received so far, in order of arrival. */
  readonly deliveries: readonly Delivery[]
  /** Resolves with all deliveries once `isEnough` returns true for them. */
  received(isEnough: (deliveries: readonly Delivery[]) => boolean): Promise<readonly Delivery[]>
  close(): void
}

/** Starts a receiver on a free port. */
export async function startWebhookReceiver(answer: Answer): Promise<WebhookReceiver> {
  const deliveries: Delivery[] = []
  const waiting = new Set<() => void>()
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { event, data } = JSON.parse(body) as Pick<Delivery, 'event' | 'data'>
      const count = deliveries.push({ headers: request.headers, body, event, data })
      answer(response, count - 1)
      for (const check of waiting) check()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=k`,
    deliveries,
    received: (isEnough) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!isEnough(deliveries)) return
          waiting.delete(check)
          resolve(deliveries)
        }
        waiting.add(check)
        check()
      }),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
