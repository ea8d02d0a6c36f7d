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

/** Options of {@link diagnose}, in addition to those of a client. */
export interface DiagnoseOptions extends BuddyClientOptions {
  /** Opens camera and microphone briefly, for which the browser may ask the visitor. @default false */
  readonly asksPermission?: boolean | undefined
  /** Called with each check as soon as its result is known. The order varies. */
  readonly onCheck?: ((check: Check) => void) | undefined
  /** Ends the diagnosis early. `onCheck` is not called after that. */
  readonly signal?: AbortSignal | undefined
}

/** The server's `welcome`, or the error that occurred instead. */
type Answer = MessageOf<'welcome'> | BuddyError

/**
 * Finds out why calls fail for this visitor. Needs no partner. Checks the page, the devices, the server,
 * and each way through the network separately. The browser asks the visitor for nothing unless
 * `asksPermission` is true. Takes up to 10 s. Reports the faults that it finds to the server, for the
 * operator's metrics (`diagnosis` in `docs/protocol.md`).
 * @param environment the browser functions; replaced only in tests
 * @returns each check once, in the order of {@link checkNames}; if `signal` is aborted, only those that
 *   have finished
 * @throws BuddyError (as a rejection) `invalid-options`, `server-missing`, `insecure-server`
 */
export async function diagnose(
  options: DiagnoseOptions = {},
  environment: DoctorEnvironment = browserDoctorEnvironment,
): Promise<readonly Check[]> {
  const { asksPermission = false, onCheck, signal, ...clientOptions } = options
  const resolved = resolveOptions(clientOptions)
  const introduction = toIntroduction(resolved, environment.baseUrl())
  const checks = new Map<CheckName, Check>()
  const report: Report = (name, code, urls) => {
    if (signal?.aborted) return
    const found = check(name, code, urls)
    checks.set(name, found)
    onCheck?.(found)
  }
  const media = environment.media()
  report('page', media.isSecureContext ? 'ok' : 'insecure-page')
  const hasCalls = resolved.mode !== 'text'
  report(
    'webrtc',
    hasCalls ? (environment.hasWebRtc() ? 'ok' : 'webrtc-unavailable') : 'not-needed',
  )
  const mayPlay = environment.mayPlay()
  const sound = mayPlay === undefined ? 'unknown' : mayPlay ? 'ok' : 'autoplay-blocked'
  report('sound', hasCalls ? sound : 'not-needed')

  const { channel, answer } = connect(environment, introduction)
  const devices = checkDevices({ media, options: resolved, asksPermission, report })
  try {
    const welcome = await answer
    if (welcome instanceof BuddyError) {
      report('server', welcome.code)
      for (const name of ['clock', 'ice-servers', 'udp', 'turn-udp', 'turn-tcp'] as const) {
        report(name, hasCalls || name === 'clock' ? 'not-reached' : 'not-needed')
      }
    } else {
      report('server', 'ok')
      const servers = toIceServers(welcome.iceServers)
      const ways = iceWays(checkIceServers({ environment, servers, options: resolved, report }))
      await Promise.all([
        checkClock(environment, introduction.url, report),
        checkWays({ environment, ways, options: resolved, report }),
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

type Report = (name: CheckName, code: CheckCode, urls?: readonly string[]) => void

/** Connects to the server and sends one `hello`. The caller closes the channel. */
function connect(
  environment: DoctorEnvironment,
  introduction: Introduction,
): { readonly channel: SignalingChannel; readonly answer: Promise<Answer> } {
  let resolve: (answer: Answer) => void = () => undefined
  const answer = new Promise<Answer>((done) => (resolve = done))
  const channel = new SignalingChannel(environment, {
    onWelcome: resolve,
    onMessage: () => undefined,
    onRetry: ({ error }) => resolve(error),
    onRefused: resolve,
  })
  channel.open(introduction)
  return { channel, answer }
}

async function checkClock(
  { now, timeAt }: DoctorEnvironment,
  socketAddress: string,
  report: Report,
): Promise<void> {
  const url = healthUrl(socketAddress)
  const before = now()
  const serverMs = url === undefined ? undefined : await timeAt(url)
  report('clock', judgeClock(serverMs, (before + now()) / 2))
}

interface IceServersDependencies {
  readonly environment: DoctorEnvironment
  readonly servers: readonly RTCIceServer[]
  readonly options: ResolvedOptions
  readonly report: Report
}

/** Reports the check `ice-servers`. Returns the ICE servers that a call in this browser would use. */
function checkIceServers(dependencies: IceServersDependencies): readonly RTCIceServer[] {
  const { environment, servers, options, report } = dependencies
  const skip = (code: CheckCode): readonly RTCIceServer[] => {
    report('ice-servers', code)
    return servers
  }
  if (options.mode === 'text') return skip('not-needed')
  if (!environment.hasWebRtc()) return skip('not-reached')
  if (servers.length === 0) return skip('not-offered')
  const { accepted, refused } = acceptIceServers(servers, environment.createConnection)
  report('ice-servers', refused.length > 0 ? 'ice-url-refused' : 'ok', refused)
  return accepted
}

interface WaysDependencies {
  readonly environment: DoctorEnvironment
  readonly ways: IceWays
  readonly options: ResolvedOptions
  readonly report: Report
}

/** Checks each way through the network separately, so that a blocked one does not hide another. */
async function checkWays({ environment, ways, options, report }: WaysDependencies): Promise<void> {
  const { mode } = options
  const needsRelay = addressPolicy(options) !== 'at-once'
  const hasRelay = ways['turn-udp'].length + ways['turn-tcp'].length > 0
  const find = async (name: keyof IceWays): Promise<CheckCode> => {
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
  await Promise.all(names.map(async (name) => report(name, await find(name))))
}

interface DevicesDependencies {
  readonly media: MediaEnvironment
  readonly options: ResolvedOptions
  readonly asksPermission: boolean
  readonly report: Report
}

async function checkDevices(dependencies: DevicesDependencies): Promise<void> {
  const { media, options, asksPermission, report } = dependencies
  const { constraints } = mediaRequest(options) ?? {}
  const wanted = { camera: constraints?.video, microphone: constraints?.audio }
  const find = async (device: Device): Promise<CheckCode> => {
    if (!wanted[device]) return 'not-needed'
    const code = judgeDevice({
      device,
      isSecurePage: media.isSecureContext,
      isAllowed: media.allowsFeature(device),
      permission: await media.permission(device),
      isPresent: await isPresent(media, device),
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
  // The devices are checked one after the other, so that the browser shows one permission prompt at a time.
  for (const device of ['camera', 'microphone'] as const) report(device, await find(device))
}

async function isPresent(
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
