import type { IceUrlParts } from '../config/ice-url.ts'
import { partsOfIceUrl } from '../config/ice-url.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'

/** A machine that runs TURN for this server, as the configuration describes it. */
export interface TurnServer {
  /** In lower case. */
  readonly host: string
  /** Each way in which clients reach it. */
  readonly entries: readonly IceUrlParts[]
  /** The secrets with which the credentials for it are signed. There are several if sites have their own. */
  readonly secrets: readonly string[]
}

/** The settings that name TURN servers with short-lived credentials. */
type TurnOptions = Pick<ResolvedServerOptions, 'turnUrls' | 'turnSecret' | 'sites'>

/** Returns the TURN servers with short-lived credentials, of the server and of its sites, by their hosts. */
export function turnServersOf({ turnUrls, turnSecret, sites }: TurnOptions): readonly TurnServer[] {
  const found = new Map<string, { entries: Map<string, IceUrlParts>; secrets: Set<string> }>()
  const uses = [
    { urls: turnUrls, secret: turnSecret },
    ...sites.map((site) => ({
      urls: site.turnUrls ?? turnUrls,
      secret: site.turnSecret ?? turnSecret,
    })),
  ]
  for (const { urls, secret } of uses) {
    for (const url of urls) {
      const parts = partsOfIceUrl(url)
      // Host names do not distinguish upper and lower case.
      const host = parts.host.toLowerCase()
      const known = found.get(host) ?? { entries: new Map(), secrets: new Set() }
      found.set(host, known)
      known.entries.set(url, parts)
      known.secrets.add(secret)
    }
  }
  return [...found].map(([host, { entries, secrets }]) => ({
    host,
    entries: [...entries.values()],
    secrets: [...secrets],
  }))
}
