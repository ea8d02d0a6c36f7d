import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTlsFiles, TlsError } from './tls-files.ts'

let folder: string
const at = (name: string): string => join(folder, name)

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
}

function makePair(name: string, ...algorithm: readonly string[]): void {
  const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`]
  openssl('req', '-x509', '-newkey', ...algorithm, '-nodes', ...files, '-subj', '/CN=localhost')
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'buddy-tls-'))
  makePair('one', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1')
  makePair('two', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1')
  makePair('rsa', 'rsa:2048')
  makePair('short', 'rsa:512')
  openssl('ec', '-in', 'one.key', '-aes128', '-passout', 'pass:secret', '-out', 'locked.key')
  const locked = ['-v2', 'aes128', '-passout', 'pass:secret', '-out', 'locked8.key']
  openssl('pkcs8', '-topk8', '-in', 'one.key', ...locked)
  openssl('x509', '-in', 'one.crt', '-outform', 'der', '-out', 'one.der')
  const cert = readFileSync(at('one.crt'), 'utf8')
  const lines = cert.split('\n')
  writeFileSync(at('cut.crt'), lines.toSpliced(2, 3).join('\n'))
  writeFileSync(at('broken-chain.crt'), cert + lines.toSpliced(2, 3).join('\n'))
  writeFileSync(
    at('cut.key'),
    readFileSync(at('one.key'), 'utf8').split('\n').toSpliced(1, 1).join('\n'),
  )
  writeFileSync(at('empty'), '')
  mkdirSync(at('folder'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const readPair = (cert: string, key: string): string =>
  readTlsFiles({ certFile: at(cert), keyFile: at(key) })

test.each([['one'], ['rsa']])('accepts a certificate and its key: %s', (name) => {
  expect(readPair(`${name}.crt`, `${name}.key`)).toContain('BEGIN CERTIFICATE')
})

test('returns a different text for another pair', () => {
  expect(readPair('one.crt', 'one.key')).toBe(readPair('one.crt', 'one.key'))
  expect(readPair('one.crt', 'one.key')).not.toBe(readPair('two.crt', 'two.key'))
})

test.each([
  ['missing.crt', 'one.key', 'missing.crt', 'there is no such file'],
  ['one.crt', 'missing.key', 'missing.key', 'there is no such file'],
  ['folder', 'one.key', 'folder', 'it is a folder'],
  ['one.crt', 'folder', 'folder', 'it is a folder'],
  ['empty', 'one.key', 'empty', 'contains no certificate in PEM format'],
  ['one.crt', 'empty', 'empty', 'contains no private key in PEM format'],
  ['one.der', 'one.key', 'one.der', 'contains no certificate in PEM format'],
  ['one.key', 'one.crt', 'one.key', 'contains no certificate in PEM format'],
  ['one.crt', 'one.crt', 'one.crt', 'contains no private key in PEM format'],
  ['cut.crt', 'one.key', 'cut.crt', 'the certificate is damaged'],
  ['broken-chain.crt', 'one.key', 'broken-chain.crt', 'what follows it'],
  ['short.crt', 'short.key', 'short.crt', 'key too small'],
  ['one.crt', 'cut.key', 'cut.key', 'the private key is damaged'],
  ['one.crt', 'locked.key', 'locked.key', 'has a passphrase'],
  ['one.crt', 'locked8.key', 'locked8.key', 'has a passphrase'],
])('refuses %s with the key %s: the error names %s and contains %j', (cert, key, named, reason) => {
  const act = (): string => readPair(cert, key)
  expect(act).toThrow(TlsError)
  expect(act).toThrow(`${at(named)}: `)
  expect(act).toThrow(reason)
})

test.each([['two'], ['rsa']])(
  'refuses the key of another certificate (%s), and names both files',
  (other) => {
    const act = (): string => readPair('one.crt', `${other}.key`)
    expect(act).toThrow(TlsError)
    expect(act).toThrow(
      `${at(`${other}.key`)}: is not the key of the certificate in ${at('one.crt')}`,
    )
  },
)
