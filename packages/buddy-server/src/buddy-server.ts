#!/usr/bin/env node
// The file that the command `buddy-server` starts, with whatever Node is on PATH. If uWebSockets.js has no
// binary for that one, the server runs with the Node 22 that is installed with it.
import { fileURLToPath } from 'node:url'
import { pinnedNodeIfNeeded } from './launcher/pinned-node.ts'
import { signals } from './launcher/process-signals.ts'
import type { LauncherMessage } from './launcher/start-node.ts'
import { startNode } from './launcher/start-node.ts'
import { thisMachine } from './transport/find-addon.ts'

/** The environment variable of a process that a launcher started. It starts no further one. */
const mark = 'BUDDY_SERVER_LAUNCHED'
const isLaunched = process.env[mark] !== undefined
delete process.env[mark]

/** These print a text and need no addon. */
const printsOnly = process.argv
  .slice(2)
  .some((arg) => ['--version', '-V', '--help', '-h', 'help'].includes(arg))

const otherNode = isLaunched || printsOnly ? undefined : pinnedNodeIfNeeded(thisMachine())

if (otherNode === undefined) {
  if (isLaunched && process.connected) {
    process.on('message', ({ signal }: LauncherMessage) => signals.handlePassedOn(signal))
    process.on('disconnect', () => signals.handleOrphaned())
    // The channel must not keep a finished command from ending.
    process.channel?.unref()
  }
  if (process.env['npm_config_user_agent'] !== undefined) {
    // A package manager has started this process, for example `npx`. npm passes SIGTERM on to its shell only, and
    // yarn to nobody. It then ends, and nobody would stop this process.
    const parent = process.ppid
    const timer = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(timer)
      signals.handleOrphaned()
    }, 250)
    timer.unref()
  }
  await import('./cli.ts')
} else {
  startNode({
    node: otherNode,
    args: [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)],
    env: { ...process.env, [mark]: '1' },
  })
}
