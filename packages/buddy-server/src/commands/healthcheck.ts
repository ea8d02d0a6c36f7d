import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import type { Command } from 'commander'
import type { ConfigInput } from '../config/read-config.ts'
import { readConfig } from '../config/read-config.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import { CommandError } from './command-error.ts'
import { orExplain } from './or-explain.ts'

/** How long the server may take to answer. */
const timeoutMs = 2000

/**
 * Adds the sub-command `healthcheck`, which fails if the server that runs with this configuration on this
 * machine is not ready. Images of containers have no other program that could ask it.
 */
export function addHealthcheck(program: Command, input: () => ConfigInput): void {
  program
    .command('healthcheck')
    .description('ask the server that runs on this machine whether it is ready, and exit')
    .action(() => orExplain(() => checkHealth(readConfig(input()).options)))
}

/**
 * Resolves if the server with these settings answers /readyz with 200.
 * @throws CommandError with its answer, or with the reason why there is none
 */
export async function checkHealth(
  settings: Pick<ResolvedServerOptions, 'host' | 'port' | 'tlsCertFile'>,
): Promise<void> {
  const url = readinessUrl(settings)
  const { status, text } = await request(url).catch((error: Error) => {
    throw new CommandError(`${url} does not answer: ${error.message}`)
  })
  if (status !== 200) throw new CommandError(`${url} answers ${status}: ${text}`)
}

function readinessUrl({
  host,
  port,
  tlsCertFile,
}: Pick<ResolvedServerOptions, 'host' | 'port' | 'tlsCertFile'>): string {
  // The name localhost may be missing in an image, and a server that listens on all addresses has this one.
  const address = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
  const inUrl = address.includes(':') ? `[${address}]` : address
  return `${tlsCertFile ? 'https' : 'http'}://${inUrl}:${port}/readyz`
}

/** Resolves with status and body. Any certificate is accepted, because it is for the public name of the server. */
function request(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const signal = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve, reject) => {
    const options = { signal, rejectUnauthorized: false, agent: false } as const
    const get = url.startsWith('https:') ? getHttps : getHttp
    get(url, options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    }).on('error', (error) => {
      reject(signal.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`) : error)
    })
  })
}
