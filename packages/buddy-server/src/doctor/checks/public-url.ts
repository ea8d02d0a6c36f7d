import type { CheckContext } from '../context.ts'
import { isLocalHost } from '../address-kinds.ts'
import { faultOf } from '../fault-words.ts'
import type { Observation } from '../finding.ts'
import { ok, problem, skipped, warning } from '../finding.ts'
import type { HttpAnswer } from '../../http-get.ts'
import { httpGet, jsonIn } from '../../http-get.ts'
import { within } from '../../within.ts'

/** Checks that requests to the public URL reach a Buddy server of this version. */
export async function checkPublicUrl(
  context: CheckContext,
  isRunning: boolean,
): Promise<Observation[]> {
  const { publicUrl } = context.config.process
  if (publicUrl === '') {
    return [skipped('PUBLIC_URL is not set: set it (or add --public-url) to check the proxy.')]
  }
  if (!isRunning && isLocalHost(new URL(publicUrl).hostname)) {
    return [skipped('Start the server, and run the doctor again to check PUBLIC_URL.')]
  }
  const get = (path: string): Promise<HttpAnswer> =>
    within(context.timeLimitMs, (signal) => httpGet(`${publicUrl}${path}`, { signal }))
  try {
    const answer = await get('/healthz')
    if (answer.status !== 200 || jsonIn(answer)?.['status'] !== 'healthy') {
      return [problem(await explain(answer, publicUrl, isRunning))]
    }
    const script = await get('/buddy-chat.js')
    if (script.status !== 200) {
      return [
        problem(
          `${publicUrl}/buddy-chat.js answers ${script.status}: let the proxy pass every path on.`,
        ),
      ]
    }
    const version = jsonIn(await get('/status'))?.['version']
    return [
      version === context.version
        ? ok(`${publicUrl} leads to a Buddy server of this version.`)
        : warning(
            `${publicUrl} leads to a Buddy server of version ${String(version)}, not ${context.version}.`,
          ),
    ]
  } catch (error) {
    return [
      problem(
        `${publicUrl} cannot be reached, because ${faultOf(error)}: check the DNS, the firewall and the proxy.`,
      ),
    ]
  }
}

async function explain(
  { status, header }: HttpAnswer,
  publicUrl: string,
  isRunning: boolean,
): Promise<string> {
  if (status >= 300 && status < 400) {
    const location = header('location') ?? ''
    return `${publicUrl} redirects to ${new URL(location, publicUrl).origin}: set PUBLIC_URL to the address that the proxy serves.`
  }
  if (status >= 502 && status <= 504) {
    return isRunning
      ? `The proxy at ${publicUrl} does not reach the server (${status}): compare its target with HOST and PORT.`
      : `The proxy at ${publicUrl} answers ${status}: start the server.`
  }
  return `${publicUrl}/healthz answers ${status}, and not as a Buddy server does: let the proxy pass every path on to the server.`
}
