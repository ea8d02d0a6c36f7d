import type { IceUrlParts } from '../../config/ice-url.ts'
import { partsOfIceUrl } from '../../config/ice-url.ts'
import type { StunTarget } from '../../turn/stun-channel.ts'
import type { TurnClient } from '../../turn/turn-client.ts'
import { openTurnClient, TurnRefusal } from '../../turn/turn-client.ts'
import { isInternalAddress } from '../address-kinds.ts'
import type { CheckContext } from '../context.ts'
import { certificateFault, faultOf } from '../fault-words.ts'
import type { Observation } from '../finding.ts'
import { ok, problem, skipped, warning } from '../finding.ts'
import type { TurnUse } from '../ice-servers.ts'
import { turnUsesOf } from '../ice-servers.ts'
import { within } from '../../within.ts'
import type { Resolve } from './origins.ts'
import { resolveBySystem } from './origins.ts'
import { checkRelay } from './turn-relay.ts'

/** Makes an allocation at each TURN server by each of its URLs, and checks what the server relays to. */
export async function checkTurn(
  context: CheckContext,
  resolve: Resolve = resolveBySystem,
): Promise<Observation[]> {
  const uses = turnUsesOf(context.config)
  if (uses.length === 0) {
    return [
      warning(
        'There is no TURN server: calls fail that find no direct path. Set up coturn (buddy-server turn-config), and TURN_URLS.',
      ),
    ]
  }
  const entries = await Promise.all(uses.map((use) => checkUse(use, context, resolve)))
  const working = new Map<string, Entry>()
  for (const entry of entries) {
    const { host } = partsOfIceUrl(entry.use.url)
    if (entry.target && !working.has(host)) working.set(host, entry)
  }
  const relays = await Promise.all(
    [...working.values()].map(({ use, target }) => target && checkRelay(target, use, context)),
  )
  return [
    ...entries.flatMap((entry) => entry.found(entries)),
    ...relays.flatMap((found) => found ?? []),
  ]
}

/** What was found at one URL. */
interface Entry {
  readonly use: TurnUse
  /** Where an allocation was made. Undefined if none was. */
  readonly target: StunTarget | undefined
  readonly found: (all: readonly Entry[]) => readonly Observation[]
}

async function checkUse(use: TurnUse, context: CheckContext, resolve: Resolve): Promise<Entry> {
  const parts = partsOfIceUrl(use.url)
  const { host, port, transport } = parts
  const failed = (...found: readonly Observation[]): Entry => ({
    use,
    target: undefined,
    found: () => found,
  })
  if (transport === 'dtls') return failed(skipped(`${use.url} cannot be checked: it uses DTLS.`))
  let address
  try {
    ;[address = host] = await within(context.timeLimitMs, () => resolve(host))
  } catch (error) {
    return failed(
      problem(
        `${use.url} cannot be reached, because ${faultOf(error)}: correct TURN_URLS, or the DNS.`,
      ),
    )
  }
  const target = { transport, address, port, serverName: host }
  const isPrivate = isInternalAddress(address)
    ? [warning(`${use.url} has a private address: visitors outside your network cannot reach it.`)]
    : []
  try {
    const { isOpenToAll, certificate } = await within(context.timeLimitMs, (signal) =>
      allocate(target, use, context, signal),
    )
    const found = [
      ...isPrivate,
      ...(isOpenToAll
        ? [problem(`${use.url} relays for everyone, without credentials: set use-auth-secret.`)]
        : []),
      ...(certificate === undefined
        ? []
        : [
            problem(
              `The certificate of ${use.url} ${certificateFault(certificate)}: browsers do not use it.`,
            ),
          ]),
    ]
    const all = found.some(({ verdict }) => verdict === 'problem')
      ? found
      : [...found, ok(`${use.url} accepts ${use.setting}, and gives an allocation.`)]
    return { use, target, found: () => all }
  } catch (error) {
    if (error instanceof TurnRefusal) return failed(...isPrivate, explainRefusal(use, error))
    if (error instanceof ClockAhead) {
      return failed(
        problem(
          `${use.url} takes its credentials for expired: the clocks of this machine and of the TURN server differ by more than TURN_TTL_SECONDS, so synchronise both (NTP).`,
        ),
      )
    }
    return {
      use,
      target: undefined,
      found: (entries) => [...isPrivate, explainSilence(use, parts, error, entries)],
    }
  }
}

/** Thrown if a TURN server accepts only credentials of a later time. */
class ClockAhead extends Error {
  override readonly name = 'ClockAhead'
}

async function allocate(
  target: StunTarget,
  use: TurnUse,
  { now }: CheckContext,
  signal: AbortSignal,
): Promise<{ readonly isOpenToAll: boolean; readonly certificate: string | undefined }> {
  const attempt = async (ahead: boolean): ReturnType<typeof allocate> => {
    const client: TurnClient = await openTurnClient(target, signal)
    try {
      const { isOpenToAll } = await client.allocate(use.credentials(now(), ahead), 4)
      await client.release()
      return { isOpenToAll, certificate: client.certificateFault }
    } finally {
      client.close()
    }
  }
  try {
    return await attempt(false)
  } catch (error) {
    if (!(error instanceof TurnRefusal) || error.code !== 401 || !use.isShortLived) throw error
    const isAccepted = await attempt(true).then(
      () => true,
      () => false,
    )
    throw isAccepted ? new ClockAhead() : error
  }
}

function explainRefusal({ url, setting }: TurnUse, { code, message }: TurnRefusal): Observation {
  if (code === 401) {
    return problem(
      `${url} answers, but does not accept ${setting}: compare it with static-auth-secret in the file of coturn (buddy-server turn-config prints it), and restart coturn.`,
    )
  }
  if (code === 486)
    return problem(`${url} has no allocation left (486): raise user-quota and total-quota.`)
  if (code === 508)
    return problem(`${url} has no relay port left (508): widen min-port to max-port.`)
  return problem(`${url} refuses an allocation (${message}): see the log of the TURN server.`)
}

function explainSilence(
  { url }: TurnUse,
  { host, port, transport }: IceUrlParts,
  error: unknown,
  entries: readonly Entry[],
): Observation {
  const answersElsewhere = entries.some(
    (entry) => entry.target && partsOfIceUrl(entry.use.url).host === host,
  )
  if (transport === 'tls' && answersElsewhere) {
    return problem(
      `${url} cannot be reached, because ${faultOf(error)}, although this TURN server answers without TLS: its user can probably not read the certificate or its key${port < 1024 ? ', or not open a port below 1024' : ''} (its log says so; buddy-server turn-config prints what to do), or a firewall blocks TCP ${port}.`,
    )
  }
  const protocol = transport === 'udp' ? 'UDP' : 'TCP'
  return problem(
    `${url} cannot be reached, because ${faultOf(error)}: start the TURN server, and open ${protocol} ${port} in its firewall.`,
  )
}
