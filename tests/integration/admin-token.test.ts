// Who guesses the admin token is stopped, at every place it is asked for; nobody else is.
import { request } from 'node:http'
import { expect } from 'vitest'
import { adminToken, test } from '../server-fixture.ts'

/** From any address of this machine. */
function ask(
  url: string,
  path: string,
  token: string,
  localAddress = '127.0.0.1',
): Promise<number> {
  const { port } = new URL(url)
  const headers = { Authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, localAddress, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .once('error', reject)
      .end()
  })
}

test('after twenty wrong tokens even the right one is 429 from there, and 200 from elsewhere', async ({
  startServer,
}) => {
  const { url } = await startServer({ adminToken, host: '127.0.0.1' })
  const wrong: number[] = []
  for (let guess = 0; guess < 22; guess++) {
    wrong.push(await ask(url, '/dashboard/data', `guess number ${guess}`.replaceAll(' ', '-')))
  }
  expect(wrong).toEqual([...Array<number>(20).fill(401), 429, 429])
  for (const path of ['/dashboard', '/dashboard/data', '/metrics']) {
    expect(await ask(url, path, adminToken)).toBe(429)
    expect(await ask(url, path, adminToken, '127.0.0.2')).toBe(200)
  }
  // The totals are for everybody.
  expect(await ask(url, '/status', adminToken)).toBe(200)
})

test('guesses at /status count too', async ({ startServer }) => {
  const { url } = await startServer({ adminToken, host: '127.0.0.1' })
  for (let guess = 0; guess < 20; guess++) {
    expect(await ask(url, '/status', `guess-${guess}`)).toBe(200)
  }
  expect(await ask(url, '/dashboard', adminToken)).toBe(429)
})

test('the right token is never too many; a reload changes it at once', async ({ startServer }) => {
  const { url, server } = await startServer({ adminToken, host: '127.0.0.1' })
  for (let time = 0; time < 50; time++) expect(await ask(url, '/metrics', adminToken)).toBe(200)
  const renewed = 'another-token-of-these-tests-0123456789'
  server.reload({ adminToken: renewed })
  expect(await ask(url, '/metrics', adminToken)).toBe(401)
  expect(await ask(url, '/metrics', renewed)).toBe(200)
})
