import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Config } from '../config/read-config.ts'
import { readConfig } from '../config/read-config.ts'
import type { Answers, HttpsKind } from './answers.ts'
import { httpsKinds } from './answers.ts'
import { configFile } from './config-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'buddy-config-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

const answers: Answers = {
  publicUrl: 'https://chat.example.org',
  allowedOrigins: ['self', 'https://*.example.org'],
  https: 'proxy',
  tlsFiles: { certFile: '/etc/buddy/tls/cert: #1.pem', keyFile: '/etc/buddy/tls/key.pem' },
  turnHost: 'turn.example.org',
  hasDashboard: true,
}

function read(text: string): Config {
  const config = join(folder, 'buddy.yaml')
  writeFileSync(config, text)
  return readConfig({ flags: { config } })
}

const listening: Readonly<Record<HttpsKind, object>> = {
  proxy: { host: '127.0.0.1', port: 3000, trustedProxies: ['127.0.0.1', '::1'], tlsCertFile: '' },
  platform: { host: '0.0.0.0', trustedProxyHops: 1, trustedProxies: [], tlsCertFile: '' },
  server: {
    host: '0.0.0.0',
    port: 443,
    trustedProxyHops: 0,
    tlsCertFile: '/etc/buddy/tls/cert: #1.pem',
  },
  none: { host: '127.0.0.1', trustedProxyHops: 0, trustedProxies: [], tlsCertFile: '' },
}

test.for(httpsKinds)('the file is a valid configuration if https is served by: %s', (https) => {
  const { options, process } = read(configFile({ ...answers, https }))
  expect(options).toMatchObject({
    allowedOrigins: ['self', 'https://*.example.org'],
    turnUrls: [
      'turn:turn.example.org:3478',
      'turn:turn.example.org:3478?transport=tcp',
      'turns:turn.example.org:5349?transport=tcp',
    ],
    ...listening[https],
  })
  expect(process.publicUrl).toBe('https://chat.example.org')
})

test('the secrets are new in each file, and differ from each other', () => {
  const secrets = [answers, answers].flatMap((each) => {
    const { secretKey, adminToken, turnSecret } = read(configFile(each)).options
    return [secretKey, adminToken, turnSecret]
  })
  expect(new Set(secrets).size).toBe(6)
  expect(Math.min(...secrets.map(({ length }) => length))).toBe(43)
})

test('the port of a public URL is the port of a server that serves it itself', () => {
  const url = { publicUrl: 'https://chat.example.org:8443', https: 'server' } as const
  expect(read(configFile({ ...answers, ...url })).options.port).toBe(8443)
})

test('without dashboard and TURN there are no secrets for them, and comments say what that means', () => {
  const text = configFile({ ...answers, turnHost: undefined, hasDashboard: false })
  expect(read(text).options).toMatchObject({ adminToken: '', turnSecret: '', turnUrls: [] })
  expect(text).toContain('# Without admin_token there is no /dashboard')
  expect(text).toContain('# Without a TURN server, calls fail')
})

test('settings that are given replace those of the answers, and others are added', () => {
  const text = configFile(answers, { maxUsers: 7, resumeGraceMs: 1500, logLevel: 'warn' })
  const { options, process } = read(text)
  expect(options).toMatchObject({ maxUsers: 7, maxRooms: 100, resumeGraceMs: 1500 })
  expect(process.logLevel).toBe('warn')
  expect(text.match(/max_concurrent_users/g)).toHaveLength(1)
})
