import { group } from '../case.ts'
export const originCases = group('origins', 'origins', [
  {
    title: 'refuses a page of another origin',
    rule: 'The server must refuse a client whose `Origin` is not on its list with `origin-not-allowed`.',
    run: async (t) => {
      const origin = t.target.refusedOrigin ?? t.skip('needs --refused-origin')
      const client = await t.connect({ origin })
      // A server may refuse at once or, if its sites have lists of their own, after `hello`. A server that refuses
      // at once ignores the `hello`.
      t.sendHello(client)
      await client.nextError('origin-not-allowed')
      await client.nextClose('origin-not-allowed')
    },
  },
  {
    title: 'accepts a program that sends no origin',
    rule: 'The server must accept a client that sends no `Origin`.',
    run: async (t) => {
      await t.join({}, { origin: null })
    },
  },
])

export const tokenCases = group('tokens', 'tokens', [
  {
    title: 'requires a token',
    rule: 'If the site requires a token and `token` is nil, the server must refuse the client with `token-required`.',
    run: async (t) => {
      if (t.target.token === undefined) t.skip('needs --token')
      const client = await t.connect()
      t.sendHello(client, { token: null })
      await client.nextError('token-required')
      await client.nextClose('token-required')
    },
  },
  {
    title: 'refuses a token with another signature',
    rule: 'The server must refuse a token whose signature is wrong with `token-invalid`.',
    run: async (t) => {
      const token = t.target.token ?? t.skip('needs --token')
      const [head = '', body = '', signature = ''] = token.split('.')
      const first = signature.startsWith('A') ? 'B' : 'A'
      const client = await t.connect()
      t.sendHello(client, { token: `${head}.${body}.${first}${signature.slice(1)}` })
      await client.nextError('token-invalid')
      await client.nextClose('token-invalid')
    },
  },
  {
    title: 'refuses a token without signature',
    rule: 'The server must refuse a token whose signature is wrong with `token-invalid`.',
    run: async (t) => {
      const token = t.target.token ?? t.skip('needs --token')
      const head = Buffer.from('{"alg":"none"}').toString('base64url')
      const client = await t.connect()
      t.sendHello(client, { token: `${head}.${token.split('.')[1]}.` })
      await client.nextError('token-invalid')
      await client.nextClose('token-invalid')
    },
  },
  {
    title: 'refuses a text that is no token',
    rule: 'The server must refuse a text that is not a token with `token-invalid`.',
    run: async (t) => {
      if (t.target.token === undefined) t.skip('needs --token')
      const client = await t.connect()
      t.sendHello(client, { token: 'not a token' })
      await client.nextError('token-invalid')
      await client.nextClose('token-invalid')
    },
  },
])
