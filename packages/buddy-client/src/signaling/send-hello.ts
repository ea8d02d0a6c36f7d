import { encode } from '@buddy-chat/protocol'
import type { MessageOf } from '@buddy-chat/protocol'
import type { BuddyErrorCode } from '../errors.ts'
import { BuddyError } from '../errors.ts'
import type { TokenSource } from '../options.ts'
import { asReceived } from './as-received.ts'
import type { Connection } from './connection.ts'
import type { Introduction } from './introduction.ts'
import type { ResumableSession } from './resumable-session.ts'

/**
 * The time within which the page's functions `token` and `proof` must answer. A server waits longer than this
 * for `hello`.
 */
const answerTimeoutMs = 8000

interface HelloDependencies {
  readonly connection: Connection
  readonly introduction: Introduction
  /** The session to resume, if there is one. */
  readonly session: ResumableSession | undefined
  readonly onSent: () => void
  /** Called with `token-invalid`, `token-timeout` or `proof-failed` if a function of the page fails. */
  readonly onFailed: (error: BuddyError) => void
}

/** What a function of the page returns, and how its failure is reported. */
interface Question {
  readonly field: 'token' | 'proof'
  readonly source: TokenSource
  readonly failed: BuddyErrorCode
  readonly late: BuddyErrorCode
}

/**
 * Sends `hello` on an open connection, with the site token and the proof if the page gives them. If the client
 * has a session to resume, the resume token is enough to identify it. Then the page is not asked for a proof,
 * and a token function that fails does not matter.
 */
export function sendHello(dependencies: HelloDependencies): void {
  const { connection, introduction, session, onSent, onFailed } = dependencies
  const { hello, token, proof, visitor } = introduction
  let isDone = false
  const send = ([tokenText = '', proofText = '']: readonly string[]): void => {
    if (connection.isClosed || isDone) return
    isDone = true
    onSent()
    connection.send(
      encode({
        ...hello,
        token: tokenText || null,
        resume: session?.proof ?? null,
        visitor: visitor.read(),
        proof: proofText || null,
      }),
    )
  }
  const fail = (error: BuddyError): void => {
    if (connection.isClosed || isDone) return
    if (session?.mayResume) send([])
    else onFailed(error)
  }
  const questions: readonly Question[] = [
    { field: 'token', source: token, failed: 'token-invalid', late: 'token-timeout' },
    {
      field: 'proof',
      source: session?.mayResume ? '' : proof,
      failed: 'proof-failed',
      late: 'proof-failed',
    },
  ]
  const texts = questions.flatMap(({ source }) => (typeof source === 'string' ? source : []))
  if (texts.length === questions.length) {
    send(texts)
    return
  }
  const missing = new Set(questions)
  connection.setDeadline(answerTimeoutMs, () => {
    const [late] = missing
    if (!late) return
    const message = `the ${late.field} function of this page has not answered in 8 s`
    fail(new BuddyError(late.late, message))
  })
  void Promise.all(
    questions.map(async (question) => {
      const text = await ask(hello, question)
      missing.delete(question)
      return text
    }),
  ).then(send, fail)
}

/**
 * Resolves with the answer of a page's function.
 * @throws BuddyError (as a rejection) if the function fails or returns no valid text
 */
async function ask(
  hello: Introduction['hello'],
  { field, source, failed }: Question,
): Promise<string> {
  if (typeof source === 'string') return source
  try {
    const text = await source()
    const filled: MessageOf<'hello'> = { ...hello, token: null, resume: null, [field]: text }
    asReceived(filled, failed)
    return text
  } catch (cause) {
    const message = `the ${field} function of this page failed: ${(cause as Error)?.message ?? String(cause)}`
    throw new BuddyError(failed, message, { cause })
  }
}
