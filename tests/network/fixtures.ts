// What a test on a virtual network starts, and what is therefore ended after it.
import type { ChildProcess } from 'node:child_process'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'puppeteer-core'
import { test as base } from 'vitest'
import { launchChromium, launchFirefox } from '../e2e/browsers.ts'
import { Visitor } from '../e2e/visitor.ts'
import type { Home, Translation } from './virtual-network.ts'
import { serverAddress, VirtualNetwork } from './virtual-network.ts'

/** What the server and coturn share. */
export const turnSecret = 'shared by the server and coturn in these tests'
const port = 3000

/** Where coturn is. */
export const turnByUdp = `turn:${serverAddress}:3478?transport=udp`
export const turnByTcp = `turn:${serverAddress}:3478?transport=tcp`

/** What the server on the network is told beyond its defaults, as environment variables. */
export type ServerSettings = Readonly<Record<string, string>>

interface Fixtures {
  readonly network: VirtualNetwork
  /** coturn with short-lived credentials on the server's host; ready when it resolves. */
  readonly startTurn: (secret?: string) => Promise<void>
  /** The signalling server on the server's host. Resolves with its address. */
  readonly startServer: (settings?: ServerSettings) => Promise<string>
  /** UDP for the TURN server by a longer way; resolves with the port it begins at. */
  readonly startDetour: (delayMs: number) => Promise<number>
  /** Everything, up to two visitors at browsers who have pressed nothing yet. */
  readonly bringTogether: (traits?: CallTraits) => Promise<Call>
  /** Everything, up to frames on both sides. */
  readonly startCall: (traits?: CallTraits) => Promise<Call>
  /** Somebody at a browser at home. */
  readonly visit: (home: Home, url: string, browser?: 'chromium' | 'firefox') => Promise<Visitor>
}

/** Ana, whose home can be troubled, and Bob; with TURN where nothing else was given. */
export interface Call {
  readonly ana: Visitor
  readonly bob: Visitor
  readonly home: Home
}

/** How a call is to be. */
interface CallTraits {
  /** More of both pages' query: `&relayonly`. */
  readonly query?: string
  /** The server's. @default TURN by UDP */
  readonly settings?: ServerSettings
  /** coturn's, where it is not the server's. */
  readonly turnSecret?: string
  /** Both routers'. */
  readonly translation?: Translation
  /** What is the matter with both homes from the beginning. */
  readonly trouble?: (home: Home) => void
  /** Bob's. */
  readonly browser?: 'chromium' | 'firefox'
  /** Who comes last, and therefore makes the offers. @default whoever is slower */
  readonly newcomer?: 'ana' | 'bob'
}

/** Firefox where this machine has it, for the tests that should have one. */
export const otherBrowser = process.env['BUDDY_FIREFOX'] ? 'firefox' : 'chromium'

/** The settings that give every session credentials for the TURN server of {@link Fixtures.startTurn}. */
export const withTurn = (urls: string): ServerSettings => ({
  TURN_URLS: urls,
  TURN_SECRET: turnSecret,
})

/** Waits for a line of a program's output. */
function line(program: ChildProcess, wanted: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const look = (chunk: Buffer): void => {
      output += chunk.toString()
      if (wanted.test(output)) resolve()
    }
    program.stdout?.on('data', look)
    program.stderr?.on('data', look)
    program.once('exit', () => reject(new Error(`it ended: ${output}`)))
  })
}

/** `ip netns exec` becomes the program itself, so its process id is the program's. */
async function end(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return
  const exit = once(program, 'exit')
  program.kill('SIGKILL')
  await exit
}

/** Makes a port of a home's loopback reachable here, by the same number. */
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
      await end(program)
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
          // Without these a TURN server lets strangers into the networks behind it.
          '--denied-peer-ip=10.0.0.0-10.255.255.255',
          '--denied-peer-ip=172.16.0.0-172.31.255.255',
          '--denied-peer-ip=192.168.0.0-192.168.255.255',
          '--no-multicast-peers',
          '--pidfile=',
        ],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      )
      programs.push(program)
      await line(program, /Total General servers/)
    })
    await Promise.all(programs.map(end))
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
      await line(program, /listening/)
      return url
    })
    await Promise.all(programs.map(end))
  },
  startDetour: async ({ network }, use) => {
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
    await Promise.all(programs.map(end))
  },
  bringTogether: async ({ network, startTurn, startServer, visit }, use) => {
    await use(async (traits = {}) => {
      const { query = '', translation, trouble, browser } = traits
      await startTurn(traits.turnSecret)
      const url = await startServer(traits.settings ?? withTurn(turnByUdp))
      const homes = [
        network.addHome('ana', translation),
        network.addHome('bob', translation),
      ] as const
      for (const each of homes) trouble?.(each)
      const [ana, bob] = await Promise.all([
        visit(homes[0], `${url}/?name=Ana${query}`),
        visit(homes[1], `${url}/?name=Bob${query}`, browser),
      ])
      return { ana, bob, home: homes[0] }
    })
  },
  startCall: async ({ bringTogether }, use) => {
    await use(async (traits = {}) => {
      const call = await bringTogether(traits)
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

/** Both press Start, `first` before the other where that matters, and see each other. */
export async function meet(ana: Visitor, bob: Visitor, first?: Visitor): Promise<void> {
  await first?.press('start-button')
  await first?.waitForState('waiting')
  const others = [ana, bob].filter((visitor) => visitor !== first)
  await Promise.all(others.map((visitor) => visitor.press('start-button')))
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
}

/**
 * Resolves with whoever's client gives up first: to the other that is a partner who has moved on.
 */
export function whoFindsNoPath(ana: Visitor, bob: Visitor): Promise<Visitor> {
  const finds = async (visitor: Visitor, partner: string): Promise<Visitor> => {
    await visitor.waitForText(`No connection to ${partner} was possible.`)
    return visitor
  }
  return Promise.any([finds(ana, 'Bob'), finds(bob, 'Ana')])
}

/** Removes namespaces that an earlier run left behind, whose process is no more. */
export function removeLeftovers(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' })
  for (const [name, pid] of (stdout ?? '').matchAll(/^buddy-(\d+)-\S+/gm)) {
    try {
      process.kill(Number(pid), 0)
    } catch {
      spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' })
    }
  }
}
