// The services `secrets` and `coturn` of deploy/compose.yaml, with the image.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { run } from './container.mjs'

const workspace = join(import.meta.dirname, '../..')
const { parse } = createRequire(join(workspace, 'tests/package.json'))('yaml')

const values = {
  BUDDY_HOST: 'chat.example.org',
  PUBLIC_IP: '203.0.113.10',
  RELAY_PORTS: '49152-65535',
  ALLOWED_ORIGINS: 'self',
  SECRET_KEY: '9b0d47e2c3f81a56d0e7b4c9f2a81635',
  ADMIN_TOKEN: '41c7e05b9d2f836a70e4b1d8c6f39a25',
  TURN_SECRET: 'e85a0d6f2b7c914e3d0f8a6b5c27e194',
  GRAFANA_PASSWORD: 'f2d83c5e7a904b16c8e0d5f7a1b39624',
  BUDDY_VERSION: 'latest',
  MAX_CONCURRENT_USERS: '2000',
  MAX_ROOMS: '1000',
}

function services() {
  const text = readFileSync(join(workspace, 'deploy/compose.yaml'), 'utf8')
  const filledIn = text.replace(/\$\{([A-Z_]+)(:\?[^}]*)?\}/g, (_, name) => values[name])
  return parse(filledIn, { merge: true }).services
}

/** Returns the capabilities of a service, as setpriv names them. */
const added = ({ cap_add: names }) => names.map((name) => `+${name.toLowerCase()}`)

/**
 * Runs the service that writes the secrets, twice, and then the coturn of this machine with the file, if it is
 * installed, with the user, the capabilities and the arguments of Compose.
 * @param work a folder for the files
 * @throws AssertionError
 */
export async function checkSecrets(root, work) {
  const { secrets, coturn } = services()
  const folders = { coturn: join(work, 'coturn'), prometheus: join(work, 'prometheus') }
  for (const folder of Object.values(folders)) mkdirSync(folder)
  // Engines make the targets of mounts in a layer of their own.
  const targets = ['secrets/coturn', 'secrets/prometheus']
  for (const target of targets) mkdirSync(join(root, target), { recursive: true })
  const [, script] = secrets.entrypoint
  // The second run replaces the files of the first one.
  for (let index = 0; index < 2; index++) {
    const { code, output } = await run(secrets.entrypoint, {
      root,
      isReadOnly: true,
      mounts: [
        [join(workspace, 'deploy', script), script, 'ro'],
        ...Object.entries(folders).map(([name, folder]) => [folder, `/secrets/${name}`, 'rw']),
      ],
      capabilities: added(secrets),
      env: { BUDDY_CACHE_DIR: '/opt/buddy', ...secrets.environment },
      hasNetwork: false,
    })
    assert.equal(code, 0, output)
  }
  const conf = join(folders.coturn, 'turnserver.conf')
  const token = join(folders.prometheus, 'admin-token')
  for (const file of [conf, token]) {
    const { uid, mode } = statSync(file)
    assert.deepEqual([uid, mode & 0o777], [65_534, 0o600], file)
  }
  assert.equal(readFileSync(token, 'utf8'), values.ADMIN_TOKEN)
  assert.match(
    readFileSync(conf, 'utf8'),
    new RegExp(`^static-auth-secret=${values.TURN_SECRET}$`, 'm'),
  )
  return checkCoturn(coturn, conf)
}

/** Returns what was left out, or undefined. */
function checkCoturn(coturn, conf) {
  const tools = ['turnserver', 'setcap', 'turnutils_stunclient', 'ip']
  const missing = tools.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
  if (missing.length > 0) return `coturn with the file of Compose: install ${missing.join(', ')}`
  const script = `
    set -eu
    ip link set lo up
    # coturn does not listen on the loopback interface by itself.
    ip link add public type veth peer name other
    ip address add 203.0.113.10/24 dev public
    ip link set other up
    ip link set public up
    mount -t tmpfs -o mode=1777 tmpfs /tmp
    # The executable of the image has this capability.
    cp "$(command -v turnserver)" /tmp/turnserver
    setcap cap_net_bind_service=+ep /tmp/turnserver
    mkdir /tmp/secrets
    cat > /tmp/secrets/turnserver.conf
    chown 65534:65534 /tmp/secrets/turnserver.conf
    chmod 600 /tmp/secrets/turnserver.conf
    (cd /tmp; exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs \\
      --bounding-set=-all,"$capabilities" --inh-caps=-all -- /tmp/turnserver "$@" > /tmp/log 2>&1) &
    server=$!
    for attempt in $(seq 50); do
      if grep -q 'Total General servers' /tmp/log; then break; fi
      kill -0 $server || { cat /tmp/log; exit 1; }
      sleep 0.1
    done
    turnutils_stunclient -p 3478 203.0.113.10 || { cat /tmp/log; exit 1; }
    kill $server
  `
  const [user] = coturn.user.split(':')
  assert.equal(user, '65534')
  const args = coturn.command.map((arg) => arg.replace('/secrets/', '/tmp/secrets/'))
  const output = execFileSync(
    'unshare',
    ['--mount', '--net', '--pid', '--fork', '--kill-child', 'sh', '-c', script, 'coturn', ...args],
    {
      encoding: 'utf8',
      timeout: 30_000,
      input: readFileSync(conf),
      env: { ...process.env, capabilities: added(coturn).join() },
    },
  )
  assert.match(output, /UDP reflexive addr: 203\.0\.113\.10:/)
  return undefined
}
