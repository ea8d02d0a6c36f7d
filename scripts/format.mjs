import { spawnSync } from 'node:child_process'

process.exitCode = spawnSync('prettier', ['--write', '.'], { stdio: 'inherit' }).status ?? 1
