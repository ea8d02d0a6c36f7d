#!/usr/bin/env node
// `buddy-server`: one server, configured by environment variables, until it is told to stop.
import { run } from './run.ts'

if (process.argv.length > 2) {
  console.error(
    'buddy-server takes no arguments: its settings are environment variables, see docs/server.md',
  )
  process.exit(1)
}

// A parent process that opened an IPC channel is told where the server is.
await run((listening) => process.send?.(listening))
