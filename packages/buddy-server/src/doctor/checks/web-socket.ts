import { decode, encode, subprotocol } from '@buddy-chat/protocol'
import type { Message } from '@buddy-chat/protocol'
import { WebSocket } from 'ws'
import { operationsPage } from '../../documentation.ts'
import { createResumeTokens } from '../../sessions/resume-token.ts'
import type { CheckContext } from '../context.ts'
import { faultOf } from '../fault-words.ts'
import type { Observation } from '../finding.ts'
import { ok, problem, skipped, warning } from '../finding.ts'
import { within } from '../../within.ts'

/** Why no WebSocket was opened: the status of the answer, or an error. */
class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused'
  readonly status: number

  constructor(status: number) {
    super(`it answers ${status}`)
    this.status = status
  }
}

/** Opens a WebSocket, says hello, and resolves with the first answer. The session ends at once. */
function firstAnswer(
  url: string,
  origin: string | undefined,
  signal: AbortSignal,
): Promise<Message> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [subprotocol], { ...(origin !== undefined && { origin }) })
    signal.addEventListener('abort', () => socket.terminate(), { once: true })
    socket.on('unexpected-response', (_request, response) => {
      reject(new UpgradeRefused(response.statusCode ?? 0))
      response.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('it closes the WebSocket without an answer')))
    socket.on('open', () =>
      socket.send(
        encode({
          type: 'hello',
          name: 'Doctor',
          site: '',
          client: 'doctor',
          token: null,
          resume: null,
        }),
      ),
    )
    socket.on('message', (data: Buffer) => {
      let message
      try {
        message = decode(new Uint8Array(data))
      } catch {
        reject(new Error('it sends what no Buddy server sends'))
        socket.terminate()
        return
      }
      if (message?.type !== 'welcome' && message?.type !== 'error') return
      resolve(message)
      // With this code the server ends the session, and keeps no grace time.
      socket.close(1000)
    })
  })
}

/**
 * Checks that a WebSocket through the public URL reaches a server with this configuration. The proof is the
 * resume token of the answer, which only this SECRET_KEY can decrypt.
 */
export async function checkWebSocket(
  context: CheckContext,
  isPublicUrlOk: boolean,
): Promise<Observation[]> {
  const { options, process } = context.config
  if (!isPublicUrlOk) return [skipped('It needs a public URL that leads to a Buddy server.')]
  const url = `${process.publicUrl.replace(/^http/, 'ws')}/ws`
  // With the origin of the server's own page, the answer also shows whether the proxy passes on `Host`.
  const isSelfAllowed = options.allowedOrigins.includes('self')
  const origin = isSelfAllowed ? new URL(process.publicUrl).origin : undefined
  let message
  try {
    message = await within(context.timeLimitMs, (signal) => firstAnswer(url, origin, signal))
  } catch (error) {
    return [problem(explain(error, url))]
  }
  if (message.type === 'error') {
    return [
      message.code === 'origin-not-allowed' && isSelfAllowed
        ? problem(
            'The server refuses its own page through PUBLIC_URL: let the proxy pass the Host header on, which "self" in ALLOWED_ORIGINS is compared with.',
          )
        : warning(
            `${url} passes WebSockets on, but the server refuses this client: ${message.code}.`,
          ),
    ]
  }
  if (message.type !== 'welcome') return []
  const token = message.resumeToken
  const isKnown =
    process.isDev ||
    (token !== null && createResumeTokens(options.secretKey).openSession(token) !== undefined)
  return [
    isKnown
      ? ok(`A WebSocket through ${url} reaches the server.`)
      : problem(
          `A WebSocket through ${url} reaches a server with another SECRET_KEY: is that another server, or was it not restarted after a change?`,
        ),
  ]
}

function explain(error: unknown, url: string): string {
  if (error instanceof UpgradeRefused) {
    return error.status === 426
      ? `The proxy passes requests on, but no WebSockets: let it pass on the headers Upgrade and Connection (${operationsPage}#tls).`
      : `${url} answers ${error.status} instead of opening a WebSocket: let the proxy pass WebSockets on.`
  }
  return `No WebSocket opens at ${url}, because ${faultOf(error)}: let the proxy pass WebSockets on.`
}
