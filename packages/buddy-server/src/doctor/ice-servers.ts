import type { Config } from '../config/read-config.ts'
import { partsOfIceUrl } from '../config/ice-url.ts'
import type { IceCredentials } from '../sites/ice-credentials.ts'
import { iceCredentials } from '../sites/ice-credentials.ts'

/** How clients get into one TURN server. */
export interface TurnUse {
  readonly url: string
  /** The setting that contains the secret or the password, for messages. */
  readonly setting: string
  /**
   * Returns credentials.
   * @param ahead whether they are valid a year longer. A server that accepts only these has a clock that is
   *   ahead
   */
  readonly credentials: (nowMs: number, ahead?: boolean) => IceCredentials
  /** Whether the credentials expire. */
  readonly isShortLived: boolean
}

const yearMs = 366 * 86_400_000

/** Returns the STUN URLs of the server and of its sites, each once. */
export function stunUrlsOf({ options }: Config): readonly string[] {
  const lists = [options.iceServers, ...options.sites.map(({ iceServers }) => iceServers ?? [])]
  const urls = lists.flat().flatMap((server) => server.urls)
  return [...new Set(urls.filter((url) => partsOfIceUrl(url).scheme.startsWith('stun')))]
}

/** Returns each TURN URL of the server and of its sites with each secret that belongs to it. */
export function turnUsesOf({ options }: Config): readonly TurnUse[] {
  const found = new Map<string, TurnUse>()
  const add = (use: TurnUse, password: string): void => {
    const key = JSON.stringify([use.url, password])
    if (!found.has(key)) found.set(key, use)
  }
  const { turnUrls, turnSecret, turnTtlMs } = options
  for (const site of [undefined, ...options.sites]) {
    const secret = site?.turnSecret ?? turnSecret
    const ttlMs = site?.turnTtlMs ?? turnTtlMs
    const of = site?.turnSecret === undefined ? 'TURN_SECRET' : `turn_secret of site ${site.key}`
    for (const url of site?.turnUrls ?? turnUrls) {
      const credentials = (nowMs: number, ahead = false): IceCredentials =>
        iceCredentials({ secret, user: 'doctor', ttlMs, nowMs: nowMs + (ahead ? yearMs : 0) })
      add({ url, setting: of, credentials, isShortLived: true }, secret)
    }
    const list = site?.iceServers ?? options.iceServers
    for (const { urls, username = '', credential = '' } of list) {
      const setting =
        site?.iceServers === undefined ? 'ICE_SERVERS' : `ice_servers of site ${site.key}`
      for (const url of urls.filter((each) => each.startsWith('turn'))) {
        const credentials = (): IceCredentials => ({ username, credential })
        add({ url, setting, credentials, isShortLived: false }, `${username}\0${credential}`)
      }
    }
  }
  return [...found.values()]
}
