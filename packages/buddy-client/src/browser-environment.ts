import type { CallEnvironment } from './call/call-environment.ts'
import { systemClock } from './clock.ts'
import type { Unsubscribe } from './emitter.ts'
import type { MediaEnvironment } from './media/open-devices.ts'
import { probeServer } from './signaling/server-probe.ts'
import type { SignalingEnvironment } from './signaling/signaling-channel.ts'

/** Everything a client takes from the browser, in one place, so that tests can give their own. */
export interface ClientEnvironment extends SignalingEnvironment, CallEnvironment {
  readonly media: () => MediaEnvironment
  /**
   * Tells when another network is used, when the page is left but may be shown again as it was, when
   * it is about to be frozen, and when page or machine have slept, until called off.
   */
  readonly watch: (listener: {
    readonly onNetworkChange: () => void
    readonly onPutAway: () => void
    readonly onFreeze: () => void
    readonly onWake: () => void
  }) => Unsubscribe
  /** The page's address, against which `server` is read. */
  readonly baseUrl: () => string | undefined
  /** Writes a warning to the page's console, for its developer. Nothing private belongs there. */
  readonly warn: (message: string) => void
}

/** Network Information, which Chromium alone has. */
interface NavigatorWithNetwork {
  readonly connection?: EventTarget & { readonly type?: string }
}

/** Chromium's Permissions Policy in script; other browsers keep it to themselves. */
interface PolicyDocument {
  readonly permissionsPolicy?: { allowsFeature(feature: string): boolean }
  readonly featurePolicy?: { allowsFeature(feature: string): boolean }
}

/** The browser as it is. Nothing is touched before it is needed: importing in Node is safe. */
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
  watch: ({ onNetworkChange, onPutAway, onFreeze, onWake }) => {
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
    // It also tells of every guess at the speed, which is no other network.
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
    // What is thrown away instead loses its connections by itself.
    listen(globalThis, 'pagehide', (event) => {
      if ((event as PageTransitionEvent).persisted) onPutAway()
    })
    listen(globalThis, 'pageshow', onWake)
    return () => listening.abort()
  },
  preparesCalls: true,
  hasWebRtc: () => 'RTCPeerConnection' in globalThis,
  isHidden: () => globalThis.document?.visibilityState === 'hidden',
  baseUrl: () => globalThis.location?.href,
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
        // Older browsers do not know these names.
        return undefined
      }
    },
    canChooseSpeaker: 'setSinkId' in HTMLMediaElement.prototype,
  }),
}
