import type { MessageOf } from '@buddy-chat/protocol'
import { acceptIceServers } from './peer/accepted-ice-servers.ts'
import type { Check, CheckCode, CheckName } from './doctor/check.ts'
import { check, checkNames, failureOf } from './doctor/check.ts'
import type { DoctorEnvironment } from './doctor/doctor-environment.ts'
import { browserDoctorEnvironment } from './doctor/doctor-environment.ts'
import { gather } from './doctor/gather.ts'
import type { IceWays } from './doctor/rules.ts'
import { iceWays, judgeClock, judgeDevice, judgeTurn, judgeUdp } from './doctor/rules.ts'
import type { Device } from './errors.ts'
import { BuddyError } from './errors.ts'
import type { MediaEnvironment } from './media/open-devices.ts'
import { openDevices, stopTracks } from './media/open-devices.ts'
import type { BuddyClientOptions, ResolvedOptions } from './options.ts'
import { addressPolicy, mediaRequest, resolveOptions } from './options.ts'
import type { Introduction } from './signaling/introduction.ts'
import { toIntroduction } from './signaling/introduction.ts'
import { toIceServers } from './signaling/message-conversion.ts'
import { healthUrl } from './signaling/server-url.ts'
import { SignalingChannel } from './signaling/signaling-channel.ts'

/** What the doctor may be told; all other options count as they do for a client. */
export interface DiagnoseOptions extends BuddyClientOptions {
  /** Opens camera and microphone for a moment, which may ask the visitor. @default false */
  readonly asksPermission?: boolean | undefined
  /** Hears of each check as soon as it is done, in whichever order. */
  readonly onCheck?: ((check: Check) => void) | undefined
  /** Ends it early: what is not done by then is not reported. */
  readonly signal?: AbortSignal | undefined
}

/** Who the server gave what to, or why it did not. */
type Visit = MessageOf<'welcome'> | BuddyError

/**
 * Finds out why calls fail here, without a partner: it looks at the page, the devices, the server
 * and the ways through the network, each by itself. Nobody is asked for permission unless
 * `asksPermission`. Takes up to 10 s. The operator is told what was found, for a figure: the reasons
 * alone, as `docs/protocol.md` has them.
 * @param environment the browser's facilities; give your own only in tests
 * @returns every check once, in the order of {@link checkNames}
 * @throws BuddyError (as a rejection) `invalid-options`
 */
export async function diagnose(
  options: DiagnoseOptions = {},
  environment: DoctorEnvironment = browserDoctorEnvironment,
): Promise<readonly Check[]> {
  const { asksPermission = false, onCheck, signal, ...clientOptions } = options
  const resolved = resolveOptions(clientOptions)
  const introduction = toIntroduction(resolved, environment.baseUrl())
  const checks = new Map<CheckName, Check>()
  const tell = (name: CheckName, code: CheckCode, about?: string): void => {
    if (signal?.aborted) return
    const found = check(name, code, about)
    checks.set(name, found)
    onCheck?.(found)
  }
  const media = environment.media()
  tell('page', media.isSecureContext ? 'ok' : 'insecure-page')
  const hasCalls = resolved.mode !== 'text'
  tell('webrtc', hasCalls ? (environment.hasWebRtc() ? 'ok' : 'webrtc-unavailable') : 'not-needed')
  const mayPlay = environment.mayPlay()
  const sound = mayPlay === undefined ? 'unknown' : mayPlay ? 'ok' : 'autoplay-blocked'
  tell('sound', hasCalls ? sound : 'not-needed')

  const visiting = visit(environment, introduction)
  const devices = checkDevices({ media, options: resolved, asksPermission, tell })
  const { channel, welcome } = visiting
  try {
    const visited = await welcome
    if (visited instanceof BuddyError) {
      tell('server', visited.code)
      for (const name of ['clock', 'ice-servers', 'udp', 'turn-udp', 'turn-tcp'] as const) {
        tell(name, hasCalls || name === 'clock' ? 'not-reached' : 'not-needed')
      }
    } else {
      tell('server', 'ok')
      const servers = toIceServers(visited.iceServers)
      const ways = iceWays(checkIceServers({ environment, servers, options: resolved, tell }))
      await Promise.all([
        checkClock(environment, introduction.url, tell),
        checkWays({ environment, ways, options: resolved, tell }),
      ])
    }
    await devices
    const failures = [...checks.values()].flatMap((found) => failureOf(found) ?? [])
    for (const reason of new Set(failures)) channel.send({ type: 'diagnosis', reason })
  } finally {
    channel.close()
  }
  return checkNames.flatMap((name) => checks.get(name) ?? [])
}

type Tell = (name: CheckName, code: CheckCode, about?: string) => void

/** Says hello to the server once. The caller closes the channel. */
function visit(
  environment: DoctorEnvironment,
  introduction: Introduction,
): { readonly channel: SignalingChannel; readonly welcome: Promise<Visit> } {
  let resolve: (visit: Visit) => void = () => undefined
  const welcome = new Promise<Visit>((done) => (resolve = done))
  const channel = new SignalingChannel(environment, {
    onWelcome: resolve,
    onMessage: () => undefined,
    onRetry: ({ error }) => resolve(error),
    onRefused: resolve,
  })
  channel.open(introduction)
  return { channel, welcome }
}

async function checkClock(
  { now, timeAt }: DoctorEnvironment,
  socketAddress: string,
  tell: Tell,
): Promise<void> {
  const url = healthUrl(socketAddress)
  const before = now()
  const serverMs = url === undefined ? undefined : await timeAt(url)
  tell('clock', judgeClock(serverMs, (before + now()) / 2))
}

interface IceServersDependencies {
  readonly environment: DoctorEnvironment
  readonly servers: readonly RTCIceServer[]
  readonly options: ResolvedOptions
  readonly tell: Tell
}

/** Returns the servers that calls here would use. */
function checkIceServers(dependencies: IceServersDependencies): readonly RTCIceServer[] {
  const { environment, servers, options, tell } = dependencies
  const skip = (code: CheckCode): readonly RTCIceServer[] => {
    tell('ice-servers', code)
    return servers
  }
  if (options.mode === 'text') return skip('not-needed')
  if (!environment.hasWebRtc()) return skip('not-reached')
  if (servers.length === 0) return skip('not-offered')
  const { accepted, refused } = acceptIceServers(servers, environment.createConnection)
  tell('ice-servers', refused.length > 0 ? 'ice-url-refused' : 'ok', refused.join(', '))
  return accepted
}

interface WaysDependencies {
  readonly environment: DoctorEnvironment
  readonly ways: IceWays
  readonly options: ResolvedOptions
  readonly tell: Tell
}

/** Each way through the network by itself, so that one that is closed does not hide another. */
async function checkWays({ environment, ways, options, tell }: WaysDependencies): Promise<void> {
  const { mode } = options
  const needsRelay = addressPolicy(options) !== 'at-once'
  const hasRelay = ways['turn-udp'].length + ways['turn-tcp'].length > 0
  const look = async (name: keyof IceWays): Promise<CheckCode> => {
    const servers = ways[name]
    if (mode === 'text') return 'not-needed'
    if (!environment.hasWebRtc()) return 'not-reached'
    if (servers.length === 0) {
      return needsRelay && !hasRelay && name === 'turn-udp' ? 'relay-unavailable' : 'not-offered'
    }
    const isUdp = name === 'udp'
    const iceTransportPolicy = isUdp ? 'all' : 'relay'
    try {
      const seen = await gather(
        environment,
        { iceServers: [...servers], iceTransportPolicy },
        ({ isReflexive, isRelayed }) => (isUdp ? isReflexive : isRelayed),
      )
      return isUdp ? judgeUdp(seen) : judgeTurn(seen)
    } catch {
      return 'webrtc-unavailable'
    }
  }
  const names = ['udp', 'turn-udp', 'turn-tcp'] as const
  await Promise.all(names.map(async (name) => tell(name, await look(name))))
}

interface DevicesDependencies {
  readonly media: MediaEnvironment
  readonly options: ResolvedOptions
  readonly asksPermission: boolean
  readonly tell: Tell
}

async function checkDevices(dependencies: DevicesDependencies): Promise<void> {
  const { media, options, asksPermission, tell } = dependencies
  const { constraints } = mediaRequest(options) ?? {}
  const wanted = { camera: constraints?.video, microphone: constraints?.audio }
  const look = async (device: Device): Promise<CheckCode> => {
    if (!wanted[device]) return 'not-needed'
    const code = judgeDevice({
      device,
      isSecurePage: media.isSecureContext,
      isAllowed: media.allowsFeature(device),
      permission: await media.permission(device),
      isThere: await isThere(media, device),
    })
    if (!asksPermission || (code !== 'ok' && code !== 'not-asked' && code !== 'unknown')) {
      return code
    }
    const kind = device === 'camera' ? 'video' : 'audio'
    try {
      stopTracks(await openDevices(media, { [kind]: wanted[device] }))
      return 'ok'
    } catch (error) {
      return error instanceof BuddyError ? error.code : 'media-failed'
    }
  }
  // One after the other: two questions at once are one too many.
  for (const device of ['camera', 'microphone'] as const) tell(device, await look(device))
}

async function isThere(
  { mediaDevices }: MediaEnvironment,
  device: Device,
): Promise<boolean | undefined> {
  try {
    const kind = device === 'camera' ? 'videoinput' : 'audioinput'
    return (await mediaDevices?.enumerateDevices())?.some((found) => found.kind === kind)
  } catch {
    return undefined
  }
}
