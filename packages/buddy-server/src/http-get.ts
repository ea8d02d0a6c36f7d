import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** The answer to a request. */
export interface HttpAnswer {
  readonly status: number
  /** Returns the values of a header, joined with commas. Undefined if there is none. */
  readonly header: (name: string) => string | undefined
  readonly body: string
}

interface RequestOptions {
  readonly signal: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  /** A longer answer is an error. @default 4 MB */
  readonly maxBytes?: number
  /** Whether the certificate must be valid. @default true */
  readonly verifiesCertificate?: boolean
}

interface GetOptions extends RequestOptions {
  readonly method?: 'GET' | 'HEAD'
}

const defaultMaxBytes = 4_000_000

/**
 * Sends a request by a new connection, and follows no redirect. Rejects with the error of the system, or with
 * the reason of the signal.
 */
export function httpGet(url: string, options: GetOptions): Promise<HttpAnswer> {
  const { method = 'GET' } = options
  return send(url, method, undefined, options)
}

/** Sends JSON by POST; otherwise as {@link httpGet}. */
export function httpPost(url: string, body: object, options: RequestOptions): Promise<HttpAnswer> {
  const headers = { ...options.headers, 'Content-Type': 'application/json' }
  return send(url, 'POST', JSON.stringify(body), { ...options, headers })
}

function send(
  url: string,
  method: string,
  body: string | undefined,
  options: RequestOptions,
): Promise<HttpAnswer> {
  const { signal, headers = {}, verifiesCertificate = true, maxBytes = defaultMaxBytes } = options
  return new Promise((resolve, reject) => {
    const common = { method, headers, signal, agent: false }
    const sent = url.startsWith('https:')
      ? requestHttps(url, { ...common, rejectUnauthorized: verifiesCertificate })
      : requestHttp(url, common)
    sent.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error))
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > maxBytes) response.destroy(new Error('the answer is too long'))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          header: (name) => {
            const value = response.headers[name]
            return Array.isArray(value) ? value.join(', ') : value
          },
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    sent.end(body)
  })
}

/** Returns the body of an answer as JSON. Undefined if it is not an object in JSON. */
export function jsonIn({ body }: HttpAnswer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
