// deploy/buddy-server.service is a valid unit of systemd, and gives the server few rights.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readDeployed } from './compose-settings.ts'

const unit = readDeployed('buddy-server.service')
const isMissing = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status !== 0
if (isMissing)
  console.log('Skipped: checks of the systemd unit. This machine has no systemd-analyze.')

/** Runs systemd-analyze with a unit, and returns its exit code and everything that it prints. */
function analyze(
  text: string,
  ...args: readonly string[]
): { code: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-unit-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'buddy.service')
  // The command must exist on the machine.
  writeFileSync(file, text.replaceAll('/usr/local/bin/buddy-server', process.execPath))
  const { status, stdout, stderr } = spawnSync('systemd-analyze', [...args, file], {
    encoding: 'utf8',
  })
  return { code: status, output: stdout + stderr }
}

test.skipIf(isMissing)('systemd accepts every line, and refuses a misspelt one', () => {
  expect(analyze(unit, 'verify', '--man=no')).toEqual({ code: 0, output: '' })
  const misspelt = unit.replace('LimitNOFILE=', 'LimitNoFile=')
  expect(analyze(misspelt, 'verify', '--man=no').output).toContain("'LimitNoFile'")
})

test.skipIf(isMissing)('systemd counts an exposure below 1.5 of 10', () => {
  const args = ['security', '--offline=true', '--no-pager', '--threshold=15']
  expect(analyze(unit, ...args)).toMatchObject({ code: 0 })
  expect(analyze(unit.replace('CapabilityBoundingSet=\n', ''), ...args)).toMatchObject({ code: 1 })
})

test('systemd starts and reloads the server also while Redis does not answer', () => {
  const checks = [...unit.matchAll(/^\w+=\S+ check-config(.*)$/gm)].map(([, flags]) => flags)
  expect(checks).toEqual([' --without-redis', ' --running --without-redis'])
})

test('systemd gives the server more time to stop than it takes', () => {
  const secondsOf = (name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(unit)![1])
  // Webhooks have two more seconds.
  expect(secondsOf('TimeoutStopSec')).toBeGreaterThan(secondsOf('SHUTDOWN_TIMEOUT_SECONDS') + 2)
})
