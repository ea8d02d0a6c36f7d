// Simulates several hosts with network namespaces: a server on an "internet", and homes behind
// routers with NAT. Requires Linux, root, iproute2 and nftables.
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * The address of the server. It is from a range for documentation (RFC 5737), which no real network
 * uses.
 */
export const serverAddress = '203.0.113.1'

/**
 * How a router's NAT assigns outside ports. `port-preserving` keeps the inside port. `symmetric`
 * takes a random port for each destination, which defeats hole punching.
 */
export type NatMapping = 'port-preserving' | 'symmetric'

function has(command: string): boolean {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return directories.some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Returns why this machine cannot create virtual networks; undefined if it can. */
export function whyNoNetworks(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces exist only on Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const missing = ['ip', 'nft', 'tc', 'turnserver'].filter((command) => !has(command))
  if (missing.length > 0) return `${missing.join(', ')} missing: install iproute2, nftables, coturn`
  const probe = `buddy-probe-${process.pid}`
  const { status } = spawnSync('ip', ['netns', 'add', probe], { stdio: 'ignore' })
  if (status !== 0) return 'this machine cannot create network namespaces'
  spawnSync('ip', ['netns', 'del', probe], { stdio: 'ignore' })
  return undefined
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}

/** A host, simulated by a network namespace. */
class Host {
  readonly namespace: string

  constructor(name: string) {
    this.namespace = `buddy-${process.pid}-${name}`
    run('ip', 'netns', 'add', this.namespace)
    this.run('ip', 'link', 'set', 'lo', 'up')
  }

  /** Runs a command on this host and waits until it ends. */
  run(command: string, ...args: string[]): void {
    run('ip', 'netns', 'exec', this.namespace, command, ...args)
  }

  /** Starts a program on this host. */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.namespace, command, ...args], options)
  }

  remove(): void {
    spawnSync('ip', ['netns', 'del', this.namespace], { stdio: 'ignore' })
  }
}

/** A home: one machine behind a router with NAT. */
export class Home {
  readonly machine: Host
  readonly #router: Host
  readonly #number: number
  #ownAddress = 2

  constructor(name: string, number: number, internet: Host, mapping: NatMapping) {
    this.#number = number
    this.machine = new Host(name)
    this.#router = new Host(`${name}-router`)
    const [inside, outside] = [
      `b${process.pid % 1000}${number}i`,
      `b${process.pid % 1000}${number}o`,
    ]
    run('ip', 'link', 'add', inside, 'type', 'veth', 'peer', 'name', `${inside}r`)
    run('ip', 'link', 'set', inside, 'netns', this.machine.namespace)
    run('ip', 'link', 'set', `${inside}r`, 'netns', this.#router.namespace)
    run('ip', 'link', 'add', outside, 'type', 'veth', 'peer', 'name', `${outside}r`)
    run('ip', 'link', 'set', outside, 'netns', internet.namespace)
    run('ip', 'link', 'set', `${outside}r`, 'netns', this.#router.namespace)
    internet.run('ip', 'link', 'set', outside, 'master', 'internet', 'up')
    this.machine.run('ip', 'link', 'set', inside, 'name', 'eth0')
    this.#router.run('ip', 'link', 'set', `${inside}r`, 'name', 'home')
    this.#router.run('ip', 'link', 'set', `${outside}r`, 'name', 'internet')
    this.#router.run('ip', 'address', 'add', `10.${number}.0.1/24`, 'dev', 'home')
    this.#router.run('ip', 'address', 'add', `203.0.113.${10 + number}/24`, 'dev', 'internet')
    for (const device of ['home', 'internet']) this.#router.run('ip', 'link', 'set', device, 'up')
    this.#router.run('sysctl', '-qw', 'net.ipv4.ip_forward=1')
    this.machine.run('ip', 'link', 'set', 'eth0', 'up')
    this.#setAddress()
    const ports = mapping === 'symmetric' ? ' random,fully-random' : ''
    const base = (hook: string): string => `type ${hook}; policy accept;`
    const rules = [
      `add table ip home`,
      `add chain ip home out { ${base('nat hook postrouting priority 100')} }`,
      `add rule ip home out oifname "internet" masquerade${ports}`,
      `add chain ip home filter { ${base('filter hook forward priority 0')} }`,
      `add rule ip home filter iifname "internet" ct state new drop`,
      // Without this rule, conntrack would record an unsolicited packet. That would block the port
      // that the home is about to use.
      `add chain ip home input { ${base('filter hook input priority 0')} }`,
      `add rule ip home input iifname "internet" meta l4proto udp ct state new drop`,
      // This chain holds the rules that a test adds. `restore` removes them.
      `add chain ip home trouble { ${base('filter hook forward priority -10')} }`,
    ]
    for (const rule of rules) this.#router.run('nft', rule)
  }

  /** Drops packets to other homes, so that this home can reach only the server. */
  allowOnlyServer(): void {
    this.#rule(`oifname "internet" ip daddr != ${serverAddress} drop`)
  }

  /** Drops all UDP packets in both directions, as some company networks do. */
  blockUdp(): void {
    this.#rule('meta l4proto udp drop')
  }

  /** Drops this percentage of UDP packets in each direction, at random. */
  dropPackets(percent: number): void {
    this.#rule(`meta l4proto udp numgen random mod 100 < ${percent} drop`)
  }

  /** Silently drops all packets in both directions. */
  dropAll(): void {
    this.#rule('drop')
  }

  /** Removes the effects of the methods above. */
  restore(): void {
    this.#router.run('nft', 'flush', 'chain', 'ip', 'home', 'trouble')
  }

  /** Limits the upload rate, with up to 300 ms of queueing delay, as on a bad phone connection. */
  limitUpload(kilobitsPerSecond: number): void {
    this.#router.run(
      'tc',
      ...`qdisc replace dev internet root tbf rate ${kilobitsPerSecond}kbit burst 16kb latency 300ms`.split(
        ' ',
      ),
    )
  }

  /** Gives the machine another IP address, as happens when it moves to another network. */
  changeAddress(): void {
    this.machine.run('ip', 'address', 'flush', 'dev', 'eth0')
    this.#ownAddress++
    this.#setAddress()
  }

  remove(): void {
    this.machine.remove()
    this.#router.remove()
  }

  #setAddress(): void {
    this.machine.run(
      'ip',
      'address',
      'add',
      `10.${this.#number}.0.${this.#ownAddress}/24`,
      'dev',
      'eth0',
    )
    this.machine.run('ip', 'route', 'add', 'default', 'via', `10.${this.#number}.0.1`)
  }

  #rule(rule: string): void {
    this.#router.run('nft', 'add', 'rule', 'ip', 'home', 'trouble', ...rule.split(' '))
  }
}

/** An internet with one server and several homes. */
export class VirtualNetwork {
  readonly server = new Host('server')
  readonly #homes: Home[] = []

  constructor() {
    this.server.run('ip', 'link', 'add', 'internet', 'type', 'bridge')
    this.server.run('ip', 'address', 'add', `${serverAddress}/24`, 'dev', 'internet')
    this.server.run('ip', 'link', 'set', 'internet', 'up')
  }

  addHome(name: string, mapping: NatMapping = 'port-preserving'): Home {
    const home = new Home(name, this.#homes.length + 1, this.server, mapping)
    this.#homes.push(home)
    return home
  }

  remove(): void {
    for (const home of this.#homes) home.remove()
    this.server.remove()
  }
}
