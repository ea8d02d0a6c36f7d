// Fixtures of the tests on virtual networks. All that a test starts is stopped after the test.
import type { ChildProcess } from 'node:child_process'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'puppeteer-core'
import { describe, test as base } from 'vitest'
import { launchChromium, launchFirefox } from '../e2e/browsers.ts'
import { Visitor } from '../e2e/visitor.ts'
import type { Home, NatMapping } from './virtual-network.ts'
import { serverAddress, VirtualNetwork, whyNoNetworks } from './virtual-network.ts'

/** The secret that the server and coturn share. */
export const turnSecret = 'shared by the server and coturn in these tests'
const port = 3000

/** The URLs of coturn. */
export const turnByUdp = `turn:${serverAddress}:3478?transport=udp`
export const turnByTcp = `turn:${serverAddress}:3478?transport=tcp`

/** Settings of the server, as environment variables. */
export type ServerSettings = Readonly<Record<string, string>>

interface Fixtures {
  readonly network: VirtualNetwork
  /**
   * Starts coturn, which accepts short-lived credentials, on the server's host. Resolves when it is
   * ready.
   */
  readonly startTurn: (secret?: string) => Promise<void>
  /** Starts the Buddy server on the server's host. Resolves with its URL. */
  readonly startServer: (settings?: ServerSettings) => Promise<string>
  /**
   * Starts a forwarder that delays UDP packets to coturn. Resolves with the port at which the
   * forwarder receives them.
   */
  readonly startDelayedTurn: (delayMs: number) => Promise<number>
  /** Starts coturn, the server and two browsers that open the demo page. Does not press Start. */
  readonly openPages: (traits?: CallTraits) => Promise<Call>
  /**
   * Does the same as {@link openPages}, then starts a call. Resolves when both visitors have
   * received media.
   */
  readonly startCall: (traits?: CallTraits) => Promise<Call>
  /** Opens `url` in a new browser on the machine of a home. @default chromium */
  readonly visit: (home: Home, url: string, browser?: 'chromium' | 'firefox') => Promise<Visitor>
}

/** Two visitors, Ana and Bob. `home` is the home of Ana, whose network a test can disturb. */
export interface Call {
  readonly ana: Visitor
  readonly bob: Visitor
  readonly home: Home
}

/** Options of {@link Fixtures.openPages} and {@link Fixtures.startCall}. */
interface CallTraits {
  /** A text to append to the query of both pages, for example `&relayonly`. */
  readonly query?: string
  /** Settings of the server. @default TURN over UDP */
  readonly settings?: ServerSettings
  /** The secret of coturn. @default the secret of the server */
  readonly turnSecret?: string
  /** The NAT of both routers. @default port-preserving */
  readonly mapping?: NatMapping
  /** Called with each home before a browser is started in it. */
  readonly prepareHome?: (home: Home) => void
  /** Bob's browser. @default chromium */
  readonly browser?: 'chromium' | 'firefox'
  /**
   * Which visitor presses Start last, and therefore sends the offers. @default both press it at the
   * same time
   */
  readonly newcomer?: 'ana' | 'bob'
}

/** Firefox if the tests have one, otherwise Chromium. */
export const otherBrowser = process.env['BUDDY_FIREFOX'] ? 'firefox' : 'chromium'

/**
 * Returns settings with which the server issues credentials for the coturn of {@link
 * Fixtures.startTurn}.
 */
export const withTurn = (urls: string): ServerSettings => ({
  TURN_URLS: urls,
  TURN_SECRET: turnSecret,
})

/** Resolves when the output of `program` matches `wanted`. Rejects if the program ends first. */
export function waitForOutput(program: ChildProcess, wanted: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const look = (chunk: Buffer): void => {
      output += chunk.toString()
      if (wanted.test(output)) resolve()
    }
    program.stdout?.on('data', look)
    program.stderr?.on('data', look)
    program.once('exit', () => reject(new Error(`the program ended: ${output}`)))
  })
}

/**
 * Kills a program that runs on a host. The process id is that of the program, because `ip netns
 * exec` replaces itself by it.
 */
async function kill(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return
  const exit = once(program, 'exit')
  program.kill('SIGKILL')
  await exit
}

/**
 * Makes a loopback port of a home reachable here, under the same number. Forwards its TCP
 * connections through a Unix socket at `socketPath`.
 */
async function bridgeTo(
  home: Home,
  socketPath: string,
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((near) => {
    const far = connect(socketPath)
    near.on('error', () => far.destroy()).pipe(far)
    far.on('error', () => near.destroy()).pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const script = new URL('socket-to-port.mjs', import.meta.url).pathname
  const program = home.machine.spawn(process.execPath, [script, socketPath, String(port)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await once(program, 'message')
  return {
    port,
    close: async () => {
      server.close()
      await kill(program)
    },
  }
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
  network: async ({}, use) => {
    const network = new VirtualNetwork()
    await use(network)
    network.remove()
  },
  startTurn: async ({ network }, use) => {
    const programs: ChildProcess[] = []
    await use(async (secret = turnSecret) => {
      const program = network.server.spawn(
        'turnserver',
        [
          '-n',
          '--log-file=stdout',
          '--simple-log',
          '--no-cli',
          '--no-tls',
          '--no-dtls',
          '--use-auth-secret',
          `--static-auth-secret=${secret}`,
          '--realm=buddy.test',
          `--listening-ip=${serverAddress}`,
          `--relay-ip=${serverAddress}`,
          // Without these options, clients of the TURN server could reach the private networks
          // behind it.
          '--denied-peer-ip=10.0.0.0-10.255.255.255',
          '--denied-peer-ip=172.16.0.0-172.31.255.255',
          '--denied-peer-ip=192.168.0.0-192.168.255.255',
          '--no-multicast-peers',
          '--pidfile=',
        ],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      )
      programs.push(program)
      await waitForOutput(program, /Total General servers/)
    })
    await Promise.all(programs.map(kill))
  },
  startServer: async ({ network }, use) => {
    const programs: ChildProcess[] = []
    await use(async (settings = {}) => {
      const url = `http://${serverAddress}:${port}`
      const cli = new URL('../../packages/buddy-server/dist/cli.js', import.meta.url).pathname
      const program = network.server.spawn(process.execPath, [cli], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'] ?? '',
          PORT: String(port),
          HOST: '0.0.0.0',
          SECRET_KEY: 'jK3vQ9xT2mZ8wL5cR7bN4hF6gD1sA0pE',
          ALLOWED_ORIGINS: 'self',
          ICE_SERVERS: '',
          LOG_FORMAT: 'json',
          ...settings,
        },
      })
      programs.push(program)
      await waitForOutput(program, /listening/)
      return url
    })
    await Promise.all(programs.map(kill))
  },
  startDelayedTurn: async ({ network }, use) => {
    const programs: ChildProcess[] = []
    await use(async (delayMs) => {
      const script = new URL('delayed-forwarder.mjs', import.meta.url).pathname
      const args = [script, '3480', '3478', String(delayMs), serverAddress]
      const program = network.server.spawn(process.execPath, args, {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      programs.push(program)
      await once(program, 'message')
      return 3480
    })
    await Promise.all(programs.map(kill))
  },
  openPages: async ({ network, startTurn, startServer, visit }, use) => {
    await use(async (traits = {}) => {
      const { query = '', mapping, prepareHome, browser } = traits
      await startTurn(traits.turnSecret)
      const url = await startServer(traits.settings ?? withTurn(turnByUdp))
      const homes = [network.addHome('ana', mapping), network.addHome('bob', mapping)] as const
      for (const each of homes) prepareHome?.(each)
      const [ana, bob] = await Promise.all([
        visit(homes[0], `${url}/?name=Ana${query}`),
        visit(homes[1], `${url}/?name=Bob${query}`, browser),
      ])
      return { ana, bob, home: homes[0] }
    })
  },
  startCall: async ({ openPages }, use) => {
    await use(async (traits = {}) => {
      const call = await openPages(traits)
      const { ana, bob } = call
      await meet(ana, bob, traits.newcomer && { ana: bob, bob: ana }[traits.newcomer])
      return call
    })
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
  visit: async ({}, use) => {
    const browsers: Browser[] = []
    const bridges: (() => Promise<void>)[] = []
    const folder = mkdtempSync(join(tmpdir(), 'buddy-network-'))
    await use(async (home, url, kind = 'chromium') => {
      const path = process.env[kind === 'chromium' ? 'BUDDY_CHROMIUM' : 'BUDDY_FIREFOX']
      const wrapper = join(folder, `${home.machine.namespace}-${kind}`)
      writeFileSync(
        wrapper,
        `#!/bin/sh\nexec ip netns exec ${home.machine.namespace} ${path} "$@"\n`,
        { mode: 0o755 },
      )
      const traits = { executablePath: wrapper, trustedOrigin: new URL(url).origin }
      let browser: Browser
      if (kind === 'chromium') browser = await launchChromium(traits)
      else {
        const bridge = await bridgeTo(home, join(folder, `${home.machine.namespace}.sock`))
        bridges.push(bridge.close)
        browser = await launchFirefox({ ...traits, debuggingPort: bridge.port })
      }
      browsers.push(browser)
      return Visitor.open(browser, url)
    })
    await Promise.all(browsers.map((browser) => browser.close()))
    await Promise.all(bridges.map((close) => close()))
    rmSync(folder, { recursive: true })
  },
})

/**
 * Connects both visitors and waits for media. If `first` is given, this visitor presses Start
 * before the other.
 */
export async function meet(ana: Visitor, bob: Visitor, first?: Visitor): Promise<void> {
  await first?.press('start-button')
  await first?.waitForState('waiting')
  const others = [ana, bob].filter((visitor) => visitor !== first)
  await Promise.all(others.map((visitor) => visitor.press('start-button')))
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
}

/**
 * Resolves with the visitor whose client first reports that no connection was possible. The other
 * client then only reports that its partner has left.
 */
export function waitForNoPath(ana: Visitor, bob: Visitor): Promise<Visitor> {
  const waitFor = async (visitor: Visitor, partner: string): Promise<Visitor> => {
    await visitor.waitForText(`No connection to ${partner} was possible.`)
    return visitor
  }
  return Promise.any([waitFor(ana, 'Bob'), waitFor(bob, 'Ana')])
}

/**
 * Like `describe`, for tests on virtual networks. If this machine cannot create network namespaces,
 * skips the tests and prints the reason.
 */
export function describeOnNetwork(name: string, define: () => void): void {
  const reason = whyNoNetworks()
  if (reason) console.log(`Skipped: ${name}, on virtual networks (${reason}).`)
  else removeLeftovers()
  describe.skipIf(reason)(name, define)
}

/** Removes namespaces of an earlier test run whose process was killed. */
function removeLeftovers(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' })
  for (const [name, pid] of (stdout ?? '').matchAll(/^buddy-(\d+)-\S+/gm)) {
    try {
      process.kill(Number(pid), 0)
    } catch {
      spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' })
    }
  }
}
