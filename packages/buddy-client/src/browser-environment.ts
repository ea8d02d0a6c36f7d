import type { CallEnvironment } from './call/call-environment.ts'
import { systemClock } from './clock.ts'
import type { Unsubscribe } from './emitter.ts'
import type { MediaEnvironment } from './media/open-devices.ts'
import { BrowserVeil } from './media/veil.ts'
import { probeServer } from './signaling/server-probe.ts'
import type { SignalingEnvironment } from './signaling/signaling-channel.ts'
import type { VisitorStorage } from './signaling/visitor-token.ts'

/** All browser functions that a client uses, in one interface, so that tests can replace them. */
export interface ClientEnvironment extends SignalingEnvironment, CallEnvironment {
  readonly media: () => MediaEnvironment
  /**
   * Calls the listener until unsubscribed:
   * - `onNetworkChange` when the machine has changed networks
   * - `onPageHide` when the user leaves the page and the browser may show it again as it was (back/forward
   *   cache)
   * - `onFreeze` when the browser is about to freeze the page
   * - `onWake` when the page is visible again, for example after the machine has slept
   */
  readonly watch: (listener: {
    readonly onNetworkChange: () => void
    readonly onPageHide: () => void
    readonly onFreeze: () => void
    readonly onWake: () => void
  }) => Unsubscribe
  /** Returns the page's address, which is the base of a relative `server` option. */
  readonly baseUrl: () => string | undefined
  /** Returns the page's storage. It may throw, for example in a sandboxed frame. */
  readonly storage: () => VisitorStorage | undefined
  /** Writes a warning for the page's developer to the console. It must contain nothing private. */
  readonly warn: (message: string) => void
}

/** The Network Information API. Only Chromium has it. */
interface NavigatorWithNetwork {
  readonly connection?: EventTarget & { readonly type?: string }
}

/** The script API of Permissions Policy. Only Chromium has it. */
interface PolicyDocument {
  readonly permissionsPolicy?: { allowsFeature(feature: string): boolean }
  readonly featurePolicy?: { allowsFeature(feature: string): boolean }
}

/**
 * The functions of the real browser. Importing them in Node is safe, because they read a global only when
 * they are called.
 */
export const browserEnvironment: ClientEnvironment = {
  createSocket: (url, protocol) => new WebSocket(url, protocol),
  clock: systemClock,
  random: Math.random,
  probeServer: (socketAddress) => probeServer(socketAddress, globalThis.fetch),
  watchPolicy: (onForbidden) => {
    const listening = new AbortController()
    const handle = (event: SecurityPolicyViolationEvent): void => {
      if (event.disposition === 'enforce') onForbidden(event.blockedURI)
    }
    globalThis.document?.addEventListener('securitypolicyviolation', handle, {
      signal: listening.signal,
    })
    return () => listening.abort()
  },
  createConnection: (configuration) => new RTCPeerConnection(configuration),
  watch: ({ onNetworkChange, onPageHide, onFreeze, onWake }) => {
    const listening = new AbortController()
    const listen = (
      target: EventTarget | undefined,
      type: string,
      handle: (event: Event) => void,
    ): void => target?.addEventListener?.(type, handle, { signal: listening.signal })
    const { document, navigator } = globalThis
    const network = (navigator as NavigatorWithNetwork | undefined)?.connection
    let { type } = network ?? {}
    listen(globalThis, 'online', onNetworkChange)
    // The browser also fires `change` for each new estimate of the speed. Another network has another
    // `type`.
    listen(network, 'change', () => {
      if (network?.type === type) return
      type = network?.type
      onNetworkChange()
    })
    listen(document, 'visibilitychange', () => {
      if (document.visibilityState === 'visible') onWake()
    })
    listen(document, 'freeze', onFreeze)
    listen(document, 'resume', onWake)
    // A page that is not `persisted` is discarded, so the browser closes its connections itself.
    listen(globalThis, 'pagehide', (event) => {
      if ((event as PageTransitionEvent).persisted) onPageHide()
    })
    listen(globalThis, 'pageshow', onWake)
    return () => listening.abort()
  },
  createVeil: () => new BrowserVeil(),
  preparesCalls: true,
  hasWebRtc: () => 'RTCPeerConnection' in globalThis,
  isHidden: () => globalThis.document?.visibilityState === 'hidden',
  baseUrl: () => globalThis.location?.href,
  // Node has a `localStorage` too, with a warning, but no document.
  storage: () => (globalThis.document ? globalThis.localStorage : undefined),
  warn: (message) => console.warn(message),
  media: () => ({
    isSecureContext: globalThis.isSecureContext,
    mediaDevices: navigator.mediaDevices,
    allowsFeature: (feature) => {
      const { permissionsPolicy, featurePolicy } = document as PolicyDocument
      return (permissionsPolicy ?? featurePolicy)?.allowsFeature(feature)
    },
    permission: async (device) => {
      try {
        return (await navigator.permissions.query({ name: device })).state
      } catch {
        // Older browsers do not support these permission names.
        return undefined
      }
    },
    canChooseSpeaker: 'setSinkId' in HTMLMediaElement.prototype,
  }),
}
