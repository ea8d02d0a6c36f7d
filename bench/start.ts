// npm run bench -- start: the time from the start of a process to its log line "listening", for the binary
// and for the package under the Node of this process, which take turns.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { FlagError, numberFlag, runCommand } from '../tests/load/flags.ts'

const root = join(import.meta.dirname, '..')
const binary = join(
  root,
  'dist',
  process.platform === 'win32' ? 'buddy-server.exe' : 'buddy-server',
)
const cli = join(root, 'packages/buddy-server/dist/cli.js')

/** Starts a server, waits until it listens, and kills it. Resolves with the time in milliseconds. */
async function timeOneStart(
  command: string,
  args: readonly string[],
  cache: string,
): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(command, [...args, '--dev', '--port=0'], {
    env: { BUDDY_CACHE_DIR: cache },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  try {
    let output = ''
    for await (const chunk of child.stdout) {
      output += String(chunk)
      if (output.includes('"listening"')) return performance.now() - startedAt
    }
  } finally {
    child.kill('SIGKILL')
    await exited
  }
  throw new Error(`${command} ended before it listened`)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2
}

const toMegabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10

await runCommand(async () => {
  const { values } = parseArgs({ options: { starts: { type: 'string' } } })
  const starts = numberFlag('starts', values.starts, { fallback: 10, min: 1, max: 1000 })
  if (!existsSync(binary)) throw new FlagError('dist/buddy-server is missing: npm run build:binary')
  const folder = mkdtempSync(join(tmpdir(), 'buddy-start-'))
  try {
    const kept = join(folder, 'kept')
    const servers = {
      binary: () => timeOneStart(binary, [], kept),
      'binary, first start': (start: number) => timeOneStart(binary, [], join(folder, `${start}`)),
      package: () => timeOneStart(process.execPath, [cli], kept),
    }
    const times = new Map(Object.keys(servers).map((name) => [name, [] as number[]]))
    // Starts all of them once, so that their files are in memory.
    for (const start of Object.values(servers)) await start(-1)
    for (let start = 0; start < starts; start++) {
      for (const [name, time] of Object.entries(servers)) times.get(name)?.push(await time(start))
    }
    console.log(`milliseconds until a server listens, ${starts} starts each`)
    console.table(
      Object.fromEntries(
        [...times].map(([name, all]) => [
          name,
          {
            median: Math.round(median(all)),
            min: Math.round(Math.min(...all)),
            max: Math.round(Math.max(...all)),
          },
        ]),
      ),
    )
    const bytes = readFileSync(binary)
    const gzipped = gzipSync(bytes, { level: 9 }).length
    console.log(`${toMegabytes(bytes.length)} MB, gzipped ${toMegabytes(gzipped)} MB`)
    return true
  } finally {
    rmSync(folder, { recursive: true })
  }
})
