// Runs commands as a container engine would: in a root folder, with mounts and processes of their own.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Mounts in the new root folder ($1), then replaces itself by the command, which becomes process 1. */
const setUp = `
set -eu
root=$1; access=$2; shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then
    mkdir -p "$root$2"
  else
    mkdir -p "$(dirname "$root$2")"
    touch "$root$2"
  fi
  mount --bind "$1" "$root$2"
  if [ "$3" = ro ]; then mount -o remount,bind,ro "$root$2"; fi
  shift 3
done
shift
if [ "$access" = ro ]; then mount -o remount,bind,ro "$root"; fi
exec chroot "$root" "$@"
`

/**
 * Starts a command in a root folder.
 * @param options.root the folder
 * @param options.isReadOnly whether nothing can be written but in `mounts`
 * @param options.mounts lists of source, target and `ro` or `rw`
 * @param options.user numbers of user and group, as `1:1`
 * @param options.capabilities names of those that it may use, such as `+chown`
 * @param options.hasNetwork whether it shares the network of this machine
 */
export function start(
  command,
  {
    root,
    isReadOnly = false,
    mounts = [],
    user,
    capabilities,
    env = {},
    folder = '/',
    hasNetwork = true,
    stdio = 'pipe',
  },
) {
  // setpriv of the image, because chroot itself needs a capability.
  const [uid, gid] = user?.split(':') ?? []
  const restricted =
    capabilities === undefined
      ? []
      : [
          'setpriv',
          ...(uid === undefined ? [] : [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']),
          '--no-new-privs',
          `--bounding-set=${['-all', ...capabilities].join(',')}`,
          '--inh-caps=-all',
          '--',
        ]
  const inFolder = folder === '/' ? [] : ['env', `--chdir=${folder}`]
  return spawn(
    'unshare',
    [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      ...(hasNetwork ? [] : ['--net']),
      '/bin/sh',
      '-c',
      setUp,
      'set-up',
      root,
      isReadOnly ? 'ro' : 'rw',
      ...mounts.flat(),
      '--',
      ...inFolder,
      ...restricted,
      ...command,
    ],
    { env: { PATH: path, HOME: '/root', ...env }, stdio },
  )
}

/** Runs a command as `start` does. Resolves with its exit code and what it printed. */
export function run(command, options) {
  const child = start(command, options)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => (output += String(chunk)))
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

/** Returns the number, on this machine, of process 1 of a container. */
export function processOne({ pid }) {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
}

/** Mounts of what the network of this machine needs, and the caches of package managers. */
export function networkMounts(caches) {
  const files = ['/etc/resolv.conf', '/etc/ssl/certs', process.env.NODE_EXTRA_CA_CERTS]
  return [
    ...[...new Set(files)]
      .filter((file) => file && existsSync(file))
      .filter((file) => dirname(file) !== '/etc/ssl/certs')
      .map((file) => [file, file, 'ro']),
    ...Object.entries(caches).map(([target, source]) => [source, target, 'rw']),
  ]
}
