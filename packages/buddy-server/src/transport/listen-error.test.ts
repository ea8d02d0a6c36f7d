import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { listenError } from './listen-error.ts'

/** The lowest port on which every user may listen. */
function lowestFreePort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))
  } catch {
    return 0
  }
}

test.skipIf(lowestFreePort() <= 80)(
  'listenError names a port on which the user may not listen (skipped where every user may)',
  () => {
    const module = new URL('listen-error.ts', import.meta.url).href
    const script = `
      const { listenError } = await import('${module}')
      if (process.getuid() === 0) process.setuid(65534)
      console.log((await listenError('127.0.0.1', 80)).message)`
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script]
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toMatch(
      /^Cannot listen: the user of this process may not listen on port 80\. Set PORT to one above 1023/,
    )
  },
)

test('listenError reports a port in use if Node can listen there now', async () => {
  expect(await listenError('127.0.0.1', 0)).toMatchObject({ code: 'EADDRINUSE' })
})
