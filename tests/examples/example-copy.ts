import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { preview } from 'vite'
import { expect, onTestFinished } from 'vitest'

/** A copy of an example app of Vite, which a test can change and build. */
export interface ExampleCopy {
  /** Replaces `before`, which the file must contain, by `after`. */
  readonly edit: (file: string, before: string, after: string) => void
  /**
   * Runs a command in the folder of the copy. Resolves with the exit code and everything that it has printed.
   */
  readonly run: (
    command: readonly [string, ...string[]],
    env?: Readonly<Record<string, string>>,
  ) => Promise<{ readonly code: number | null; readonly output: string }>
  /** Serves what was built at an origin of its own, until the test ends. Resolves with the URL. */
  readonly serve: () => Promise<string>
}

/** Copies the example `name`; its dependencies are linked. The copy disappears when the test ends. */
export function copyExample(name: string): ExampleCopy {
  const source = join(import.meta.dirname, '../../examples', name)
  const folder = mkdtempSync(join(tmpdir(), `buddy-example-${name}-`))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(source, folder, {
    recursive: true,
    filter: (path) => !['node_modules', 'dist'].some((left) => path === join(source, left)),
  })
  symlinkSync(join(source, 'node_modules'), join(folder, 'node_modules'))
  return {
    edit: (file, before, after) => {
      const text = readFileSync(join(folder, file), 'utf8')
      expect(text).toContain(before)
      writeFileSync(join(folder, file), text.replace(before, after))
    },
    run: async ([command, ...args], env = {}) => {
      const child = spawn(command, args, {
        cwd: folder,
        env: { ...process.env, NODE_ENV: 'production', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => (output += String(chunk)))
      }
      const [code] = (await once(child, 'close')) as [number | null]
      return { code, output }
    },
    serve: async () => {
      const server = await preview({
        root: folder,
        configFile: false,
        logLevel: 'silent',
        preview: { port: 0, host: '127.0.0.1' },
      })
      onTestFinished(() => server.close())
      return `http://127.0.0.1:${(server.httpServer.address() as AddressInfo).port}/`
    },
  }
}
