// Runs a real coturn with a given file, as the operating system's service does: as a user of its own.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { writeSelfSigned } from '../self-signed.ts'
import { watchProcess } from './watched-process.ts'

const isInstalled = spawnSync('turnserver', ['--version'], { stdio: 'ignore' }).error === undefined

/** A message that tells the user to install coturn; undefined if it is installed. */
export const missingCoturnMessage = isInstalled
  ? undefined
  : 'Skipped: tests with a TURN server. Install coturn (on Debian or Ubuntu: sudo apt-get install coturn).'

interface SystemUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

function idsOf(name: string): SystemUser | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8' })
    return status === 0 ? Number(stdout) : undefined
  })
  return uid === undefined || gid === undefined ? undefined : { name, uid, gid }
}

/** The user that coturn runs as: the one of the Debian package if the tests may become it, or the present one. */
export const coturnUser: SystemUser = (process.getuid?.() === 0 && idsOf('turnserver')) || {
  ...userInfo(),
  name: userInfo().username,
}

/** A folder for the files of one coturn. It is removed when the test ends. */
export function coturnFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-coturn-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  return folder
}

/**
 * Creates a self-signed certificate for `localhost` in `folder`.
 * @param isReadable whether coturn's user may read the key
 */
export function writeCoturnCertificate(
  folder: string,
  isReadable = true,
): { readonly certFile: string; readonly keyFile: string } {
  const files = writeSelfSigned(folder)
  chmodSync(files.keyFile, isReadable ? 0o600 : 0o000)
  if (isReadable && process.getuid?.() === 0) {
    chownSync(files.keyFile, coturnUser.uid, coturnUser.gid)
  }
  return files
}

/** Starts coturn with the text of a file. Resolves when it listens. Kills it when the test ends. */
export async function startCoturn(text: string, more: readonly string[] = []): Promise<void> {
  const folder = coturnFolder()
  const isRoot = process.getuid?.() === 0
  const { uid, gid } = coturnUser
  // coturn refuses every user if it cannot write to its database.
  if (isRoot) chownSync(folder, uid, gid)
  writeFileSync(join(folder, 'turnserver.conf'), text)
  const child = spawn(
    'turnserver',
    [
      '-c',
      join(folder, 'turnserver.conf'),
      `--userdb=${join(folder, 'turndb')}`,
      '--log-file=stdout',
      '--pidfile=',
      ...more,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], ...(isRoot && { uid, gid }) },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  await watchProcess(child).writes('Total General servers')
}
