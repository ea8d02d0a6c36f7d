import { partsOfIceUrl } from '../../config/ice-url.ts'
import { openTurnClient } from '../../turn/turn-client.ts'
import type { CheckContext } from '../context.ts'
import { faultOf } from '../fault-words.ts'
import type { Observation } from '../finding.ts'
import { ok, skipped, warning } from '../finding.ts'
import { stunUrlsOf } from '../ice-servers.ts'
import { within } from '../../within.ts'
import type { Resolve } from './origins.ts'
import { resolveBySystem } from './origins.ts'

/** Asks each STUN server for this machine's address. */
export async function checkStun(
  { config, timeLimitMs }: CheckContext,
  resolve: Resolve = resolveBySystem,
): Promise<Observation[]> {
  const urls = stunUrlsOf(config)
  if (urls.length === 0)
    return [skipped('ICE_SERVERS has no STUN server. A TURN server is one too.')]
  return Promise.all(urls.map((url) => checkUrl(url, timeLimitMs, resolve)))
}

async function checkUrl(url: string, timeLimitMs: number, resolve: Resolve): Promise<Observation> {
  const { host, port, transport } = partsOfIceUrl(url)
  if (transport === 'dtls') return skipped(`${url} cannot be checked: it uses DTLS.`)
  try {
    return await within(timeLimitMs, async (signal) => {
      const [address = host] = await resolve(host)
      const client = await openTurnClient({ transport, address, port, serverName: host }, signal)
      try {
        await client.binding()
      } finally {
        client.close()
      }
      return ok(`${url} answers.`)
    })
  } catch (error) {
    return warning(
      `${url} cannot be reached, because ${faultOf(error)}: browsers that need it find fewer paths, so name another one in ICE_SERVERS.`,
    )
  }
}
