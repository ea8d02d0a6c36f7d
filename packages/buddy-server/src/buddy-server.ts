#!/usr/bin/env node
// The file that the command `buddy-server` starts, with the Node on PATH. If uWebSockets.js has no binary for
// this Node, or the server needs SQLite and this Node has none, the server runs with the Node 22 that is
// installed with it.
import { fileURLToPath } from 'node:url'
import { isBuiltin } from 'node:module'
import { needsSqlite } from './launcher/needs-sqlite.ts'
import { pinnedNodeIfNeeded } from './launcher/pinned-node.ts'
import { signals } from './launcher/process-signals.ts'
import type { LauncherMessage } from './launcher/start-node.ts'
import { startNode } from './launcher/start-node.ts'
import { thisMachine } from './transport/find-addon.ts'
import { version } from './version.ts'

/** The environment variable of a process that a launcher started. It starts no further one. */
const mark = 'BUDDY_SERVER_LAUNCHED'
const isLaunched = process.env[mark] !== undefined
delete process.env[mark]

const args = process.argv.slice(2)
/** Whether the command only prints a text, for which it needs no addon. */
const isPrinting = args.some((arg) => ['--version', '-V', '--help', '-h', 'help'].includes(arg))

/** Whether the command needs SQLite, and this Node has none (before 22.13). */
const lacksSqlite = !isBuiltin('node:sqlite') && needsSqlite(args, process.env)

const otherNode =
  isLaunched || isPrinting ? undefined : pinnedNodeIfNeeded(thisMachine(), lacksSqlite)

if (args.length === 1 && ['--version', '-V'].includes(args[0] ?? '')) {
  // The command itself prints the same, but loads every setting first.
  console.log(version)
} else if (otherNode === undefined) {
  if (isLaunched && process.connected) {
    process.on('message', ({ signal }: LauncherMessage) => signals.handlePassedOn(signal))
    process.on('disconnect', () => signals.handleOrphaned())
    // The channel must not keep a finished command from ending.
    process.channel?.unref()
  }
  if (process.env['npm_config_user_agent'] !== undefined) {
    // A package manager has started this process, for example `npx`. npm passes SIGTERM on to its shell only, and
    // yarn to no process. The package manager then ends, and without this check the server would go on.
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
    args: [...process.execArgv, fileURLToPath(import.meta.url), ...args],
    env: { ...process.env, [mark]: '1' },
  })
}
