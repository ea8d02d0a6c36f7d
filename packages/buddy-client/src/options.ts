import type { Mode } from '@buddy-chat/protocol'
import type { TextFilter } from './signaling/text-filter.ts'
import type { Ask } from './criteria.ts'
import type { Device } from './errors.ts'
import { defaultConstraints } from './media/default-constraints.ts'
import type { MediaRequest } from './media/local-media.ts'

/** A site token, or a function that returns one. The client calls the function before every connection. */
export type TokenSource = string | (() => string | Promise<string>)

/** The options of a client. Each has a default, which is also used for `undefined`. */
export interface BuddyClientOptions {
  /**
   * The address of the server, such as `https://chat.example`, or of its WebSocket (`wss://…/ws`). The
   * client adds a missing scheme or `/ws`. `null` means that there is no server: the start fails with
   * `server-missing`.
   * @default the page's own origin, also for an empty string
   */
  readonly server?: string | null | undefined
  /** The key of the embedding site on that server, at most 64 bytes. @default '' */
  readonly site?: string | undefined
  /**
   * The JWT that the site has signed for this visitor, if the server requires one. It is a string, or a
   * function that returns a string. The client calls the function before each connection. @default ''
   */
  readonly token?: TokenSource | undefined
  /**
   * Sends media through TURN servers only, so that partners never learn the visitor's IP address. If the
   * server names no TURN server, the client fails with `relay-unavailable`. @default false
   */
  readonly relayOnly?: boolean | undefined
  /**
   * Acts like `relayOnly` until both users have agreed by `BuddyClient.trust`. After that the call may use
   * a direct path, and both users may learn each other's IP address. @default false
   */
  readonly relayUntilTrusted?: boolean | undefined
  /**
   * With `mutual`, the client sends only a coarse picture of at most 40 × 30 pixels until both users have agreed by
   * `BuddyClient.setRevealed`. It has no effect in audio and text mode. @default 'at-once'
   */
  readonly reveal?: 'at-once' | 'mutual' | undefined
  /** With `reveal: 'mutual'`, whether to send sound before both users have agreed. @default true */
  readonly revealAudio?: boolean | undefined
  /** The user's name, which partners see, at most 128 bytes of UTF-8. @default '' */
  readonly name?: string | undefined
  /** The kind of chat. Only users with the same mode meet. @default 'video' */
  readonly mode?: Mode | undefined
  /** The name of a lobby, at most 64 bytes. Only users in the same lobby meet. @default '' */
  readonly lobby?: string | undefined
  /**
   * The user's interests, at most 10 of at most 48 bytes each. Both users see those that they have in
   * common. @default []
   */
  readonly interests?: readonly string[] | undefined
  /**
   * The user's languages as BCP 47 tags, at most 8, the most wanted first. The partner must share one until
   * the search widens. @default navigator.languages
   */
  readonly languages?: readonly string[] | undefined
  /**
   * What the partner must have, at most 4 attributes. The site must name them in its settings and sign them in
   * its tokens. @default []
   */
  readonly asks?: readonly Ask[] | undefined
  /** Whether to wait for a partner with a common interest, however long it takes. @default false */
  readonly keepInterests?: boolean | undefined
  /** Whether to wait for a partner with a common language, however long it takes. @default false */
  readonly keepLanguages?: boolean | undefined
  /**
   * Where the client keeps the token by which the server recognises this browser, so that blocks hold in other
   * tabs and on other days: in `localStorage`, or nowhere. With `none`, a start deletes the token that an earlier
   * visit has stored for this server and site. @default 'local'
   */
  readonly visitorStorage?: 'local' | 'none' | undefined
  /**
   * What the operator requires of new clients, such as the answer to a captcha: a string of at most 2048
   * bytes, or a function that returns one. The client calls the function before each new session. @default ''
   */
  readonly proof?: TokenSource | undefined
  /**
   * The camera in video mode. With `false` the user joins without a camera. Constraints replace the
   * default.
   * @default { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 }, facingMode: 'user' }
   */
  readonly camera?: boolean | MediaTrackConstraints | undefined
  /**
   * The microphone in video and audio mode. With `false` the user joins without one. Constraints replace
   * the default.
   * @default { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
   */
  readonly microphone?: boolean | MediaTrackConstraints | undefined
  /** The maximum bit rate of sent video, in kilobits a second. On a bad path it is lower. @default 2500 */
  readonly maxBitrateKbps?: number | undefined
  /**
   * Sends small video and narrow-band audio, at most about 270 kilobits a second, for users who pay for
   * their data. It does not limit what the partner sends. @default false
   */
  readonly lowData?: boolean | undefined
  /**
   * The names of preferred codecs, the most preferred first, for example `['AV1', 'VP9']`. Other codecs
   * remain possible. Has no effect in browsers without `setCodecPreferences`. @default the browser's order
   */
  readonly codecs?: readonly string[] | undefined
  /**
   * Decides about each text that the user sends or the partner has sent, for example by a list of words. It
   * returns the text to use, or `false` to drop it: then `send()` throws `text-filtered`, and a partner's
   * text is not emitted. It must not return a promise. @default none
   */
  readonly textFilter?: TextFilter | undefined
}

/** A higher bit rate does not visibly improve video of the default size. */
const defaultBitrateKbps = 2500
const minBitrateKbps = 50

/** The options whose absence has a meaning of its own. */
type Absent = 'textFilter'

/** Options with every default filled in. `server` is empty if there is none. */
export type ResolvedOptions = {
  readonly [Name in Exclude<keyof BuddyClientOptions, Absent>]-?: Exclude<
    BuddyClientOptions[Name],
    Name extends 'server' ? undefined | null : undefined
  >
} & { readonly [Name in Absent]: BuddyClientOptions[Name] }

/** Fills in the defaults, some of which are the page's origin and the browser's languages. */
export function resolveOptions(options: BuddyClientOptions): ResolvedOptions {
  const { camera = true, microphone = true } = options
  return {
    server: options.server === null ? '' : options.server || pageOrigin(),
    site: options.site ?? '',
    token: options.token ?? '',
    relayOnly: options.relayOnly ?? false,
    relayUntilTrusted: options.relayUntilTrusted ?? false,
    reveal: options.reveal ?? 'at-once',
    revealAudio: options.revealAudio ?? true,
    name: options.name ?? '',
    mode: options.mode ?? 'video',
    lobby: options.lobby ?? '',
    interests: options.interests ?? [],
    asks: options.asks ?? [],
    keepInterests: options.keepInterests ?? false,
    keepLanguages: options.keepLanguages ?? false,
    visitorStorage: options.visitorStorage ?? 'local',
    proof: options.proof ?? '',
    languages: options.languages ?? (globalThis.navigator?.languages ?? []).slice(0, 8),
    camera: camera === true ? defaultConstraints.camera : camera,
    maxBitrateKbps: toBitrate(options.maxBitrateKbps),
    lowData: options.lowData ?? false,
    codecs: options.codecs ?? [],
    textFilter: options.textFilter,
    microphone: microphone === true ? defaultConstraints.microphone : microphone,
  }
}

/**
 * Returns '' if the page has no origin. For pages from files and in `srcdoc` frames, `origin` is 'null'.
 */
const pageOrigin = (): string => {
  const { origin = '' } = globalThis.location ?? {}
  return origin === 'null' ? '' : origin
}

/** Raises a bit rate that is too low for video. Returns the default unless `kbps` is a positive number. */
const toBitrate = (kbps = defaultBitrateKbps): number =>
  kbps > 0 ? Math.max(minBitrateKbps, kbps) : defaultBitrateKbps

/**
 * When the partner may learn the user's IP address: with the first signals (`at-once`), when both users
 * have agreed (`once-trusted`), or `never`. Before that, media goes through TURN servers.
 */
export type AddressPolicy = 'at-once' | 'once-trusted' | 'never'

/** Returns the address policy. It is `never` in text mode, which has no peer connection. */
export function addressPolicy(options: ResolvedOptions): AddressPolicy {
  if (options.relayOnly || options.mode === 'text') return 'never'
  return options.relayUntilTrusted ? 'once-trusted' : 'at-once'
}

const devices: Readonly<Record<Mode, readonly Device[]>> = {
  video: ['camera', 'microphone'],
  audio: ['microphone'],
  text: [],
}

/** Returns the devices to open; undefined if there are none, for example in text mode. */
export function mediaRequest(options: ResolvedOptions): MediaRequest | undefined {
  const video = options.mode === 'video' && options.camera
  const audio = options.mode !== 'text' && options.microphone
  if (!video && !audio) return undefined
  return { devices: devices[options.mode], constraints: { video, audio } }
}
