import { encode } from '@buddy-chat/protocol'
import { BuddyError } from '../errors.ts'
import { asReceived } from './as-received.ts'
import type { Connection } from './connection.ts'
import type { Introduction } from './introduction.ts'
import type { ResumableSession } from './resumable-session.ts'

/**
 * The time within which the page's token function must answer. A server waits longer than this for
 * `hello`.
 */
const tokenTimeoutMs = 8000

interface HelloDependencies {
  readonly connection: Connection
  readonly introduction: Introduction
  /** The session to resume, if there is one. */
  readonly session: ResumableSession | undefined
  readonly onSent: () => void
  /** Called with `token-invalid` or `token-timeout` if the page's token function fails. */
  readonly onFailed: (error: BuddyError) => void
}

/**
 * Sends `hello` on an open connection, with the site token if the page gives one. If the page's token
 * function fails and there is a session to resume, sends `hello` without a site token, because the resume
 * token is enough to identify the client.
 */
export function sendHello(dependencies: HelloDependencies): void {
  const { connection, introduction, session, onSent, onFailed } = dependencies
  const { hello, token } = introduction
  let isSent = false
  const send = (text: string): void => {
    if (connection.isClosed || isSent) return
    isSent = true
    onSent()
    connection.send(encode({ ...hello, token: text || null, resume: session?.proof ?? null }))
  }
  if (typeof token === 'string') {
    send(token)
    return
  }
  const fail = (error: BuddyError): void => {
    if (connection.isClosed) return
    if (session?.mayResume) send('')
    else onFailed(error)
  }
  connection.setDeadline(tokenTimeoutMs, () =>
    fail(
      new BuddyError('token-timeout', 'the token function of this page has not answered in 8 s'),
    ),
  )
  void requestToken(hello, token).then(send, fail)
}

/**
 * Resolves with the token of the page's token function.
 * @throws BuddyError (as a rejection) `token-invalid` if the function fails or returns no valid token
 */
async function requestToken(
  hello: Introduction['hello'],
  getToken: () => string | Promise<string>,
): Promise<string> {
  try {
    const token = await getToken()
    asReceived({ ...hello, token, resume: null }, 'token-invalid')
    return token
  } catch (cause) {
    const message = `the token function of this page failed: ${(cause as Error)?.message ?? String(cause)}`
    throw new BuddyError('token-invalid', message, { cause })
  }
}
