#!/usr/bin/env node
// `buddy-server`: one server, configured by environment variables, until it is told to stop.
import { run } from './run.ts'

// A parent process that opened an IPC channel is told where the server is.
await run((listening) => process.send?.(listening))
