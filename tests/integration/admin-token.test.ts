// The server blocks an address that guesses the admin token, at every path that needs the token.
import { request } from 'node:http'
import { expect } from 'vitest'
import { adminToken, test } from '../server-fixture.ts'

/** Sends a request from a loopback address; resolves with the status of the response. */
function statusOf(
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

test('refuses even the right token with 429 from an address that sent twenty wrong ones, and accepts it from another address', async ({
  startServer,
}) => {
  const { url } = await startServer({ adminToken, host: '127.0.0.1' })
  const wrong: number[] = []
  for (let guess = 0; guess < 22; guess++) {
    wrong.push(await statusOf(url, '/dashboard/data', `guess number ${guess}`.replaceAll(' ', '-')))
  }
  expect(wrong).toEqual([...Array<number>(20).fill(401), 429, 429])
  for (const path of ['/dashboard', '/dashboard/data', '/metrics', '/client-address']) {
    expect(await statusOf(url, path, adminToken)).toBe(429)
    expect(await statusOf(url, path, adminToken, '127.0.0.2')).toBe(200)
  }
  // /status needs no token for its totals, so it answers a blocked address, too.
  expect(await statusOf(url, '/status', adminToken)).toBe(200)
})

test('counts wrong tokens sent to /status towards the limit', async ({ startServer }) => {
  const { url } = await startServer({ adminToken, host: '127.0.0.1' })
  for (let guess = 0; guess < 20; guess++) {
    expect(await statusOf(url, '/status', `guess-${guess}`)).toBe(200)
  }
  expect(await statusOf(url, '/dashboard', adminToken)).toBe(429)
})

test('does not limit requests with the right token, and accepts only the new token after a reload', async ({
  startServer,
}) => {
  const { url, server } = await startServer({ adminToken, host: '127.0.0.1' })
  for (let time = 0; time < 50; time++)
    expect(await statusOf(url, '/metrics', adminToken)).toBe(200)
  const renewed = 'another-token-of-these-tests-0123456789'
  server.reload({ adminToken: renewed })
  expect(await statusOf(url, '/metrics', adminToken)).toBe(401)
  expect(await statusOf(url, '/metrics', renewed)).toBe(200)
})
