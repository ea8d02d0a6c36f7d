import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeSelfSigned } from '../../../../tests/self-signed.ts'
import { completeUrl, likelyTurnHost } from './answers.ts'
import type { GivenAnswers, Prompts } from './ask.ts'
import { ask } from './ask.ts'
import { defaultPrompts } from './default-prompts.ts'

const nothing: GivenAnswers = {
  publicUrl: undefined,
  allowedOrigins: undefined,
  https: undefined,
  certFile: undefined,
  keyFile: undefined,
  turnHost: undefined,
  hasDashboard: undefined,
}

/** Answers each text question with the next text, and every other question with its suggestion. */
function scripted(...texts: string[]): { prompts: Prompts; faults: (string | undefined)[] } {
  const faults: (string | undefined)[] = []
  const prompts: Prompts = {
    ...defaultPrompts,
    text: async ({ initial, faultOf }) => {
      for (;;) {
        const answer = texts.shift() ?? initial
        const fault = faultOf(answer)
        faults.push(fault)
        if (fault === undefined) return answer
      }
    },
  }
  return { prompts, faults }
}

test('suggests a proxy and a TURN server for a public name', async () => {
  const { prompts } = scripted('chat.example.org', 'self, https://www.example.org')
  expect(await ask(prompts, nothing)).toEqual({
    publicUrl: 'https://chat.example.org',
    allowedOrigins: ['self', 'https://www.example.org'],
    https: 'proxy',
    tlsFiles: undefined,
    turnHost: 'turn.example.org',
    hasDashboard: true,
  })
})

test('suggests a trial on this machine without TURN', async () => {
  expect(await ask(scripted().prompts, nothing)).toMatchObject({
    publicUrl: 'http://localhost:3000',
    allowedOrigins: ['self'],
    https: 'none',
    turnHost: undefined,
  })
})

test('asks again with the message of the setting if an answer is not allowed', async () => {
  const { prompts, faults } = scripted(
    'ftp://x',
    'chat.example.org',
    'example.org',
    '*',
    '',
    'self',
  )
  await ask(prompts, { ...nothing, turnHost: false })
  expect(faults).toEqual([
    'it must be a URL like https://chat.example.org',
    undefined,
    expect.stringMatching(/^it must be origins like https:\/\/chat\.example or /),
    expect.stringMatching(/^ALLOWED_ORIGINS is open to every page: set it to /),
    expect.stringMatching(/^ALLOWED_ORIGINS is not set: set it to /),
    undefined,
  ])
})

test('does not ask for answers that are given', async () => {
  const prompts: Prompts = {
    text: () => Promise.reject(new Error('asked')),
    confirm: () => Promise.reject(new Error('asked')),
    choose: () => Promise.reject(new Error('asked')),
    warn: () => undefined,
  }
  const given = {
    ...nothing,
    publicUrl: 'https://chat.example.org',
    allowedOrigins: ['self'],
    https: 'platform',
    turnHost: false,
    hasDashboard: false,
  } as const
  expect(await ask(prompts, given)).toMatchObject({ https: 'platform', turnHost: undefined })
})

test('refuses certificate files that are given and cannot be used', async () => {
  const given = {
    ...nothing,
    https: 'server',
    certFile: '/none/c.pem',
    keyFile: '/none/k.pem',
  } as const
  await expect(ask(scripted().prompts, given)).rejects.toThrow('/none/c.pem: there is no such file')
})

test('asks for both certificate files again until a server can use them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-ask-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { certFile, keyFile } = writeSelfSigned(folder)
  const { prompts } = scripted('', certFile, certFile, certFile, keyFile)
  const warnings: string[] = []
  const answers = await ask(
    { ...prompts, warn: (message) => warnings.push(message) },
    {
      ...nothing,
      publicUrl: 'https://chat.example.org',
      allowedOrigins: ['self'],
      https: 'server',
    },
  )
  expect(answers.tlsFiles).toEqual({ certFile, keyFile })
  expect(warnings).toEqual([`${certFile}: contains no private key in PEM format`])
})

test('without questions, an answer that cannot be suggested is an error', async () => {
  await expect(ask(defaultPrompts, { ...nothing, https: 'server' })).rejects.toThrow(
    /^--yes needs the answer to "Which file contains the certificate/,
  )
})

test.for([
  ['chat.example.org', 'https://chat.example.org'],
  ['chat.example.org:8443', 'https://chat.example.org:8443'],
  [' localhost:3000 ', 'http://localhost:3000'],
  ['127.0.0.1', 'http://127.0.0.1'],
  ['http://chat.example.org/buddy', 'http://chat.example.org/buddy'],
] as const)('completes the address %j to %s', ([typed, url]) => {
  expect(completeUrl(typed)).toBe(url)
})

test.for([
  ['https://chat.example.org', 'turn.example.org'],
  ['https://example.org/chat', 'turn.example.org'],
  ['http://localhost:3000', undefined],
  ['https://192.0.2.1', undefined],
  ['https://[2001:db8::1]', undefined],
] as const)('suggests for %s the TURN server %s', ([url, host]) => {
  expect(likelyTurnHost(url)).toBe(host)
})
