import type { ConfigInput } from '../config/read-config.ts'
import { readConfig } from '../config/read-config.ts'
import type { HttpAnswer } from '../http-get.ts'
import { httpGet, httpPost, jsonIn } from '../http-get.ts'
import { localUrl } from '../local-url.ts'
import { printable } from '../operations/log/printable.ts'
import { within } from '../within.ts'
import { CommandError } from './command-error.ts'

/** How long the server may take to answer. */
const defaultTimeoutMs = 30_000
/** Ten thousand entries of the audit log have about 10 MB. */
const maxBytes = 200_000_000

/** Requests of an operator to a running server. */
export interface ModerationApi {
  /**
   * Returns the body of the answer.
   * @param timeoutMs how long the server may take; default: 30 seconds
   * @throws CommandError with the server's reason
   */
  get(path: string, timeoutMs?: number): Promise<string>
  /** Returns the body of the answer. @throws CommandError with the server's reason */
  post(path: string, body: object): Promise<string>
}

/**
 * Returns the access to the server at `url`, or to that of the configuration on this machine.
 * @throws CommandError if there is no admin token, ConfigError if the configuration is needed and invalid
 */
export function moderationApi(url: string | undefined, input: ConfigInput): ModerationApi {
  const { server, token, isLocal } = url === undefined ? localServer(input) : remote(url, input)
  if (!token) throw new CommandError('ADMIN_TOKEN is not set: the server needs it for moderation')
  // The certificate is for the public name of the server, which a request on the same machine does not use.
  const common = { headers: { Authorization: `Bearer ${token}` }, verifiesCertificate: !isLocal }
  const ask = async (
    path: string,
    send: (url: string, signal: AbortSignal) => Promise<HttpAnswer>,
    timeoutMs = defaultTimeoutMs,
  ): Promise<string> => {
    let answer: HttpAnswer
    try {
      answer = await within(timeoutMs, (signal) => send(`${server}${path}`, signal))
    } catch (error) {
      throw new CommandError(`${server} does not answer: ${(error as Error).message}`)
    }
    if (answer.status === 200) return answer.body
    throw new CommandError(`${server}${path} answers ${answer.status}: ${reasonIn(answer)}`)
  }
  return {
    get: (path, timeoutMs) =>
      ask(path, (to, signal) => httpGet(to, { ...common, signal, maxBytes }), timeoutMs),
    post: (path, body) => ask(path, (to, signal) => httpPost(to, body, { ...common, signal })),
  }
}

interface Target {
  readonly server: string
  readonly token: string
  readonly isLocal: boolean
}

function localServer(input: ConfigInput): Target {
  const { options } = readConfig(input)
  return { server: localUrl(options), token: options.adminToken, isLocal: true }
}

/** The machine of an operator need not have the configuration of the server. */
function remote(url: string, { environment = {}, flags = {} }: ConfigInput): Target {
  if (!/^https?:\/\/[^\s?#@]+$/.test(url) || !URL.canParse(url)) {
    throw new CommandError('--url must be a URL like https://chat.example.org')
  }
  const token = flags['admin-token'] ?? environment['ADMIN_TOKEN'] ?? ''
  return { server: url.replace(/\/$/, ''), token: String(token), isLocal: false }
}

function reasonIn(answer: HttpAnswer): string {
  const { message, error } = jsonIn(answer) ?? {}
  const reason = message ?? error ?? answer.body
  return printable(typeof reason === 'string' ? reason : 'without a reason', 300)
}
