import type { Mode } from '@buddy-chat/protocol'
import type { Device } from './errors.ts'
import { defaultConstraints } from './media/default-constraints.ts'
import type { MediaRequest } from './media/local-media.ts'

/** A site token, or a function that returns one. The client calls it before every connection. */
export type TokenSource = string | (() => string | Promise<string>)

/** What a client may be told; every option has a default, which undefined stands for too. */
export interface BuddyClientOptions {
  /**
   * The server: `https://chat.example`, or the WebSocket's own address (`wss://…/ws`). A missing scheme
   * or `/ws` is completed.
   * @default the page's own origin
   */
  readonly server?: string | undefined
  /** Key of the embedding site on that server, at most 64 bytes. @default '' */
  readonly site?: string | undefined
  /**
   * What the site has signed for this visitor (a JWT), where the server asks for one: as text, or as
   * a function that gets it, which is asked before every connection. @default ''
   */
  readonly token?: TokenSource | undefined
  /**
   * Media goes through TURN servers only: the partner never learns this visitor's address. Where
   * the server names none, it is refused: `relay-unavailable`. @default false
   */
  readonly relayOnly?: boolean | undefined
  /**
   * As `relayOnly`, until both have said that they trust each other: see `BuddyClient.trust`. From then
   * on the two may find a direct path, and learn each other's address. @default false
   */
  readonly relayUntilTrusted?: boolean | undefined
  /** Shown to the partner, at most 128 bytes of UTF-8. @default 'Stranger', given by the server */
  readonly name?: string | undefined
  /** What both must want. @default 'video' */
  readonly mode?: Mode | undefined
  /** Only people in the same lobby meet; at most 64 bytes. @default '' */
  readonly lobby?: string | undefined
  /** At most 10, of at most 48 bytes each; those in common are shown to both. @default [] */
  readonly interests?: readonly string[] | undefined
  /** BCP 47 tags, at most 8. @default navigator.languages */
  readonly languages?: readonly string[] | undefined
  /**
   * Camera in video mode: `false` joins with the microphone only, or constraints of your own.
   * @default { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 }, facingMode: 'user' }
   */
  readonly camera?: boolean | MediaTrackConstraints | undefined
  /**
   * Microphone in video and audio mode, or constraints of your own.
   * @default { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
   */
  readonly microphone?: boolean | MediaTrackConstraints | undefined
  /** The most that video is sent with, in kilobits a second; less where the line is bad. @default 2500 */
  readonly maxBitrateKbps?: number | undefined
  /**
   * Sends small pictures and narrow sound, for people who pay for their data: about 270 kilobits a
   * second at most. What the partner sends is up to the partner. @default false
   */
  readonly lowData?: boolean | undefined
  /**
   * Codecs to be preferred, by name, the best first: `['AV1', 'VP9']`. Others stay possible. Without
   * effect where the browser gives no choice. @default the browser's own order
   */
  readonly codecs?: readonly string[] | undefined
}

/** More than this is not seen in a picture of the default size. */
const defaultBitrateKbps = 2500
const minBitrateKbps = 50

/** Options with every default filled in. */
export type ResolvedOptions = {
  readonly [Name in keyof BuddyClientOptions]-?: Exclude<BuddyClientOptions[Name], undefined>
}

/** Fills in the defaults. Reads the page (its origin, its languages), changes nothing. */
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

/** Empty if the page has none: pages from files and `srcdoc` frames call theirs `null`. */
const pageOrigin = (): string => {
  const { origin = '' } = globalThis.location ?? {}
  return origin === 'null' ? '' : origin
}

/** Less than this is no picture, and what is no number is no wish. */
const toBitrate = (kbps = defaultBitrateKbps): number =>
  kbps > 0 ? Math.max(minBitrateKbps, kbps) : defaultBitrateKbps

/**
 * When a partner may learn one's address: with the first signals, once both have said that they trust
 * each other, or never. Until then media goes through TURN servers.
 */
export type AddressPolicy = 'at-once' | 'once-trusted' | 'never'

/** What these options say of that. In text mode there is no peer connection at all. */
export function addressPolicy(options: ResolvedOptions): AddressPolicy {
  if (options.relayOnly || options.mode === 'text') return 'never'
  return options.relayUntilTrusted ? 'once-trusted' : 'at-once'
}

const devices: Readonly<Record<Mode, readonly Device[]>> = {
  video: ['camera', 'microphone'],
  audio: ['microphone'],
  text: [],
}

/** What these options want opened, or undefined where that is no device (text mode). */
export function mediaRequest(options: ResolvedOptions): MediaRequest | undefined {
  const video = options.mode === 'video' && options.camera
  const audio = options.mode !== 'text' && options.microphone
  if (!video && !audio) return undefined
  return { devices: devices[options.mode], constraints: { video, audio } }
}
