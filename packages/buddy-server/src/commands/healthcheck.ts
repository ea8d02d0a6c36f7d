import type { Command } from 'commander'
import type { ConfigInput } from '../config/read-config.ts'
import { readConfig } from '../config/read-config.ts'
import { httpGet } from '../http-get.ts'
import type { ListeningOptions } from '../local-url.ts'
import { localUrl } from '../local-url.ts'
import { within } from '../within.ts'
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
export async function checkHealth(settings: ListeningOptions): Promise<void> {
  const url = `${localUrl(settings)}/readyz`
  let answer
  try {
    answer = await within(timeoutMs, (signal) =>
      // The certificate is for the public name of the server.
      httpGet(url, { signal, verifiesCertificate: false }),
    )
  } catch (error) {
    const { name, message } = error as Error
    const reason = name === 'TimeoutError' ? `no answer within ${timeoutMs / 1000} s` : message
    throw new CommandError(`${url} does not answer: ${reason}`)
  }
  const { status, body } = answer
  if (status !== 200) throw new CommandError(`${url} answers ${status}: ${body}`)
}
