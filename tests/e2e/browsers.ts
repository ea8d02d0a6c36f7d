// Real browsers with fake cameras. Every launch is a process of its own.
import type { Browser, LaunchOptions } from 'puppeteer-core'
import { launch } from 'puppeteer-core'

const isRoot = process.getuid?.() === 0

/** What the visitor's machine and browser are like; the default grants everything. */
export interface ChromiumTraits {
  /** Whether camera and microphone are granted without a question. @default true */
  readonly grants?: boolean
  /** Of three, the second is a depth camera, which Chromium sends no pictures of. @default 1 */
  readonly cameras?: 0 | 1 | 3
}

/** A browser on another host. */
export interface Elsewhere {
  /** Starts the browser there. @default the browser on this machine */
  readonly executablePath?: string
  /** Where Firefox is to be driven through. @default one that is free */
  readonly debuggingPort?: number
  /** May open cameras though it is not https. */
  readonly trustedOrigin?: string
}

function path(variable: 'BUDDY_CHROMIUM' | 'BUDDY_FIREFOX'): string {
  const value = process.env[variable]
  if (!value) throw new Error(`${variable} is empty: run the tests by npm test, or set it`)
  return value
}

/** Starts Chromium. The caller closes it. */
export function launchChromium(traits: ChromiumTraits & Elsewhere = {}): Promise<Browser> {
  const { grants = true, cameras = 1, executablePath, trustedOrigin } = traits
  return launchBrowser({
    browser: 'chrome',
    executablePath: executablePath ?? path('BUDDY_CHROMIUM'),
    // A socket would lead to this host, not to that one.
    pipe: executablePath !== undefined,
    args: [
      ...(isRoot ? ['--no-sandbox'] : []),
      // Few frames a second: four software encoders must share a small machine.
      `--use-fake-device-for-media-stream=device-count=${cameras},fps=10`,
      ...(grants ? ['--use-fake-ui-for-media-stream'] : []),
      '--autoplay-policy=no-user-gesture-required',
      // Addresses as they are: multicast DNS does not cross every test machine.
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      // Sites with names of their own, which unlike localhost are not trusted without https.
      '--host-resolver-rules=MAP *.example 127.0.0.1',
      ...(trustedOrigin ? [`--unsafely-treat-insecure-origin-as-secure=${trustedOrigin}`] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
    ],
  })
}

/** Starts Firefox. The caller closes it. */
export function launchFirefox({ executablePath, debuggingPort }: Elsewhere = {}): Promise<Browser> {
  return launchBrowser({
    browser: 'firefox',
    executablePath: executablePath ?? path('BUDDY_FIREFOX'),
    ...(debuggingPort !== undefined && { debuggingPort }),
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.devices.insecure.enabled': true,
      'media.getusermedia.insecure.enabled': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
    },
  })
}

async function launchBrowser(options: LaunchOptions): Promise<Browser> {
  return launch({ headless: true, defaultViewport: { width: 1000, height: 700 }, ...options })
}
