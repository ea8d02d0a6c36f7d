import { lookup } from 'node:dns/promises'
import type { CheckContext } from '../context.ts'
import { isInternalAddress, isLocalHost } from '../address-kinds.ts'
import type { Observation } from '../finding.ts'
import { ok, problem, warning } from '../finding.ts'
import { within } from '../../within.ts'

/** Returns the IP addresses of a host name. Rejects if it has none. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** Resolves a name as every program on this machine does. */
export const resolveBySystem: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address)

/** Checks the pages that may connect, of the server and of each site. */
export async function checkOrigins(
  { config, timeLimitMs }: CheckContext,
  resolve: Resolve = resolveBySystem,
): Promise<Observation[]> {
  const { options, process } = config
  const { publicUrl } = process
  const lists = [
    { name: 'ALLOWED_ORIGINS', origins: options.allowedOrigins },
    ...options.sites.map(({ key, allowedOrigins }) => ({
      name: `allowed_origins of site ${key}`,
      origins: allowedOrigins,
    })),
  ]
  const found = await Promise.all(
    lists.flatMap(({ name, origins }) =>
      origins.map((origin) => checkOrigin(origin, name, publicUrl, resolve, timeLimitMs)),
    ),
  )
  const faults = [...checkPublicScheme(publicUrl, lists), ...found.flat()]
  return faults.length > 0 ? faults : [ok('Every allowed origin is one that a page can have.')]
}

interface OriginList {
  readonly name: string
  readonly origins: readonly string[]
}

/** Checks what an http address of the server means for its pages. */
function checkPublicScheme(publicUrl: string, lists: readonly OriginList[]): Observation[] {
  if (!publicUrl.startsWith('http:') || isLocalHost(new URL(publicUrl).hostname)) return []
  const hasSecurePages = lists.some(({ origins }) =>
    origins.some((each) => each.startsWith('https:')),
  )
  return [
    problem(
      hasSecurePages
        ? `PUBLIC_URL is http, but pages with https can connect to wss only: serve the server by https too.`
        : `PUBLIC_URL is http: browsers give camera and microphone to pages with https only.`,
    ),
  ]
}

async function checkOrigin(
  origin: string,
  list: string,
  publicUrl: string,
  resolve: Resolve,
  timeLimitMs: number,
): Promise<Observation[]> {
  if (origin === 'self') return []
  if (origin === '*') {
    return [
      warning(`${list} is open to every page: any page can use your server and its TURN traffic.`),
    ]
  }
  const found: Observation[] = []
  const isWildcard = origin.includes('://*.')
  const { protocol, hostname, origin: own } = new URL(origin.replace('://*.', '://'))
  if (isWildcard) {
    found.push(
      warning(
        `${list} has ${origin}: every host below ${hostname} may connect, so list single hosts if others control some of them.`,
      ),
    )
  }
  if (protocol === 'http:' && !isLocalHost(hostname)) {
    const isOwnOverHttp = publicUrl.startsWith('https:') && new URL(publicUrl).hostname === hostname
    found.push(
      warning(
        `${list} has ${origin}: browsers give camera and microphone to pages with https only${isOwnOverHttp ? `; write ${own.replace('http:', 'https:')}` : ''}.`,
      ),
    )
  }
  if (isLocalHost(hostname)) {
    found.push(warning(`${list} has ${origin}, which is each visitor’s own machine: remove it.`))
  } else if (!isWildcard)
    found.push(...(await checkName(hostname, list, origin, resolve, timeLimitMs)))
  return found
}

async function checkName(
  hostname: string,
  list: string,
  origin: string,
  resolve: Resolve,
  timeLimitMs: number,
): Promise<Observation[]> {
  try {
    const addresses = await within(timeLimitMs, () => resolve(hostname.replace(/^\[|\]$/g, '')))
    return addresses.every(isInternalAddress)
      ? [
          warning(
            `${list} has ${origin}, whose address is private: only your own network has this page.`,
          ),
        ]
      : []
  } catch {
    return [warning(`${list} has ${origin}, but its name cannot be resolved here: is it mistyped?`)]
  }
}
