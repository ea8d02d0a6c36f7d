import type { Mode } from '@buddy-chat/protocol'
import type { Device } from './errors.ts'
import { defaultConstraints } from './media/default-constraints.ts'
import type { MediaRequest } from './media/local-media.ts'

/** A site token, or a function that returns one. The client calls it before every connection. */
export type TokenSource = string | (() => string | Promise<string>)

/** Options of a client. Each has a default, which `undefined` also selects. */
export interface BuddyClientOptions {
  /**
   * The server: `https://chat.example`, or the address of the WebSocket (`wss://…/ws`). The client adds
   * a missing scheme or `/ws`.
   * @default the page's own origin
   */
  readonly server?: string | undefined
  /** Key of the embedding site on that server, at most 64 bytes. @default '' */
  readonly site?: string | undefined
  /**
   * The JWT that the site has signed for this visitor, if the server requires one: text, or a function
   * that returns it. The client calls the function before each connection. @default ''
   */
  readonly token?: TokenSource | undefined
  /**
   * Media goes through TURN servers only, so the partner never learns the visitor's address. If the
   * server names no TURN server, the client fails with `relay-unavailable`. @default false
   */
  readonly relayOnly?: boolean | undefined
  /**
   * As `relayOnly`, until both users have agreed with `BuddyClient.trust`. After that the call may use
   * a direct path, and both may learn each other's address. @default false
   */
  readonly relayUntilTrusted?: boolean | undefined
  /** Shown to the partner, at most 128 bytes of UTF-8. @default '' */
  readonly name?: string | undefined
  /** Only users with the same mode meet. @default 'video' */
  readonly mode?: Mode | undefined
  /** Only users in the same lobby meet; at most 64 bytes. @default '' */
  readonly lobby?: string | undefined
  /** At most 10, of at most 48 bytes each. Both users see those in common. @default [] */
  readonly interests?: readonly string[] | undefined
  /** BCP 47 tags, at most 8. @default navigator.languages */
  readonly languages?: readonly string[] | undefined
  /**
   * The camera in video mode. `false` joins with the microphone only; constraints replace the default.
   * @default { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 }, facingMode: 'user' }
   */
  readonly camera?: boolean | MediaTrackConstraints | undefined
  /**
   * The microphone in video and audio mode. Constraints replace the default.
   * @default { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
   */
  readonly microphone?: boolean | MediaTrackConstraints | undefined
  /** The maximum bit rate of sent video, in kilobits a second; less on a bad path. @default 2500 */
  readonly maxBitrateKbps?: number | undefined
  /**
   * Sends small video and narrow-band audio, at most about 270 kilobits a second, for users who pay for
   * their data. It does not limit what the partner sends. @default false
   */
  readonly lowData?: boolean | undefined
  /**
   * Preferred codecs, by name, best first: `['AV1', 'VP9']`. Others remain possible. Without effect if
   * the browser gives no choice. @default the browser's order
   */
  readonly codecs?: readonly string[] | undefined
}

/** A higher bit rate does not visibly improve video of the default size. */
const defaultBitrateKbps = 2500
const minBitrateKbps = 50

/** Options with every default filled in. */
export type ResolvedOptions = {
  readonly [Name in keyof BuddyClientOptions]-?: Exclude<BuddyClientOptions[Name], undefined>
}

/** Fills in the defaults. Reads the page's origin and languages. */
export function resolveOptions(options: BuddyClientOptions): ResolvedOptions {
  const { camera = true, microphone = true } = options
  return {
    server: options.server || pageOrigin(),
    site: options.site ?? '',
    token: options.token ?? '',
    relayOnly: options.relayOnly ?? false,
    relayUntilTrusted: options.relayUntilTrusted ?? false,
    name: options.name ?? '',
    mode: options.mode ?? 'video',
    lobby: options.lobby ?? '',
    interests: options.interests ?? [],
    languages: options.languages ?? (globalThis.navigator?.languages ?? []).slice(0, 8),
    camera: camera === true ? defaultConstraints.camera : camera,
    maxBitrateKbps: toBitrate(options.maxBitrateKbps),
    lowData: options.lowData ?? false,
    codecs: options.codecs ?? [],
    microphone: microphone === true ? defaultConstraints.microphone : microphone,
  }
}

/** Empty if the page has no origin: for pages from files and `srcdoc` frames it is the text `null`. */
const pageOrigin = (): string => {
  const { origin = '' } = globalThis.location ?? {}
  return origin === 'null' ? '' : origin
}

/** Raises a bit rate that is too low for video. Anything but a positive number means the default. */
const toBitrate = (kbps = defaultBitrateKbps): number =>
  kbps > 0 ? Math.max(minBitrateKbps, kbps) : defaultBitrateKbps

/**
 * When the partner may learn the user's IP address: with the first signals, once both users have agreed,
 * or never. Until then media goes through TURN servers.
 */
export type AddressPolicy = 'at-once' | 'once-trusted' | 'never'

/** The address policy of these options. Text mode has no peer connection, so it reveals no address. */
export function addressPolicy(options: ResolvedOptions): AddressPolicy {
  if (options.relayOnly || options.mode === 'text') return 'never'
  return options.relayUntilTrusted ? 'once-trusted' : 'at-once'
}

const devices: Readonly<Record<Mode, readonly Device[]>> = {
  video: ['camera', 'microphone'],
  audio: ['microphone'],
  text: [],
}

/** The devices to open with these options; undefined if there are none, as in text mode. */
export function mediaRequest(options: ResolvedOptions): MediaRequest | undefined {
  const video = options.mode === 'video' && options.camera
  const audio = options.mode !== 'text' && options.microphone
  if (!video && !audio) return undefined
  return { devices: devices[options.mode], constraints: { video, audio } }
}
