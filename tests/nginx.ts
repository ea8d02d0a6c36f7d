// Runs a real nginx in front of a Buddy server, which is served below a path prefix.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './server-process.ts'

const command = ['nginx', '/usr/sbin/nginx'].find(
  (each) => spawnSync(each, ['-v'], { stdio: 'ignore' }).status === 0,
)

/** A message that tells the user to install nginx; undefined if it is installed. */
export const missingNginxMessage =
  command === undefined
    ? 'Skipped: tests behind a proxy. Install nginx (on Debian or Ubuntu: sudo apt-get install nginx).'
    : undefined

/** How a proxy differs from the one of `docs/operations.md`. */
export interface NginxChanges {
  /** Lines of the `location` block that match are left out. */
  readonly without?: RegExp
  /** Lines that are added to it. */
  readonly added?: readonly string[]
}

/** Returns an nginx configuration: the `location` block of `docs/operations.md`, with `prefix` as its path. */
function configuration(
  directory: string,
  port: number,
  prefix: string,
  target: string,
  { without = /^$/, added = [] }: NginxChanges,
): string {
  const location = [
    `proxy_pass ${target}/;`,
    'proxy_http_version 1.1;',
    'proxy_set_header Host $http_host;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $connection_upgrade;',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    'proxy_read_timeout 90s;',
  ].filter((line) => !without.test(line))
  return `
daemon off;
worker_processes 1;
pid ${directory}/pid;
error_log stderr notice;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  map $http_upgrade $connection_upgrade {
    default upgrade;
    '' close;
  }
  server {
    listen 127.0.0.1:${port};
    location ${prefix} {
      ${[...location, ...added].join('\n      ')}
    }
  }
}
`
}

/**
 * Starts nginx as a proxy to `target`.
 * @param target the origin of a server
 * @param prefix the path below which nginx serves it, with a slash at both ends
 * @returns the origin of nginx, and a function that stops nginx
 */
export async function startNginx(
  target: string,
  prefix: string,
  changes: NginxChanges = {},
): Promise<{ readonly origin: string; readonly stop: () => Promise<void> }> {
  if (!command) throw new Error(missingNginxMessage)
  const directory = mkdtempSync(join(tmpdir(), 'buddy-nginx-'))
  const port = await freePort()
  const text = configuration(directory, port, prefix, target, changes)
  writeFileSync(join(directory, 'conf'), text)
  const child = spawn(command, ['-p', directory, '-e', 'stderr', '-c', join(directory, 'conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'exit')
  await new Promise<void>((resolve, reject) => {
    let output = ''
    child.stderr.on('data', (chunk) => {
      output += String(chunk)
      // nginx listens before it starts its workers.
      if (output.includes('start worker processes')) resolve()
    })
    void ended.then(() => reject(new Error(`nginx ended: ${output}`)))
  })
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
