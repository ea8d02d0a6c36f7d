import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  decodeStun,
  decodeXorAddress,
  encodeRequest,
  encodeXorAddress,
  faultIn,
  hasIntegrity,
  stunAttributes,
  stunLength,
  stunMethods,
} from './stun-message.ts'

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')

/** The request with a long-term credential of RFC 5769 §2.4. */
const sample = bytes(`
  000100602112a44278ad3433c6ad72c029da412e
  00060012e3839ee38388e383aae38383e382afe382b90000
  0015001c662f2f3439396b39353464364f4c33346f4c39465354767936347341
  0014000b6578616d706c652e6f726700
  00080014f67024656dd64a3e02b8e0712e85c9a28ca89666`)
const userName = 'マトリックス'
const keyOf = (password: string): Buffer =>
  createHash('md5').update(`${userName}:example.org:${password}`).digest()

describe('a request', () => {
  test('has the bytes of the test vector of RFC 5769', () => {
    const encoded = encodeRequest(
      stunMethods.binding,
      sample.subarray(8, 20),
      [
        [stunAttributes.username, Buffer.from(userName)],
        [stunAttributes.nonce, Buffer.from('f//499k954d6OL34oL9FSTvy64sA')],
        [stunAttributes.realm, Buffer.from('example.org')],
      ],
      keyOf('TheMatrIX'),
    )
    expect(encoded.toString('hex')).toBe(sample.toString('hex'))
  })

  test('proves the password, and no other', () => {
    expect(hasIntegrity(sample, keyOf('TheMatrIX'))).toBe(true)
    expect(hasIntegrity(sample, keyOf('TheMatrix'))).toBe(false)
    const changed = Buffer.from(sample)
    changed[30]! ^= 1
    expect(hasIntegrity(changed, keyOf('TheMatrIX'))).toBe(false)
  })

  test('without the attribute that proves the password has no integrity', () => {
    const plain = encodeRequest(stunMethods.binding, Buffer.alloc(12), [])
    expect(hasIntegrity(plain, keyOf(''))).toBe(false)
  })
})

describe('a response', () => {
  /** The IPv4 response of RFC 5769 §2.2, without the attributes that follow the address. */
  const response = bytes('0101000c 2112a442 b7e7a701bc34d686fa87dfae 00200008 0001 a147 e112a643')

  test('contains the address of the test vector of RFC 5769', () => {
    const { kind, method, attributes, transactionId } = decodeStun(response)!
    expect([kind, method]).toEqual(['success', stunMethods.binding])
    const value = attributes.get(stunAttributes.xorMappedAddress)
    expect(decodeXorAddress(value, transactionId)).toEqual({ address: '192.0.2.1', port: 32853 })
  })

  test.for(['198.51.100.7', '2001:db8::8:800:200c:417a', '::1', '::ffff:10.0.0.1', 'fe80::'])(
    'with the address %s can be decoded again',
    (address) => {
      const id = Buffer.from('0123456789ab')
      const value = encodeXorAddress(address, 3478, id)
      expect(decodeXorAddress(value, id)).toEqual({ address, port: 3478 })
    },
  )

  test('with an error has its code, and a reason in printable characters', () => {
    const reason = Buffer.from('Una\u001b[31mthorized')
    const value = Buffer.concat([Buffer.from([0, 0, 4, 1]), reason])
    const request = encodeRequest(3, Buffer.alloc(12), [[stunAttributes.errorCode, value]])
    request.writeUInt16BE(0x0113, 0)
    const message = decodeStun(request)!
    expect(message.kind).toBe('error')
    expect(faultIn(message)).toEqual({ code: 401, reason: 'Una[31mthorized' })
  })

  test('that is cut off, too long or no STUN message is not decoded', () => {
    for (let length = 0; length < response.length; length++) {
      expect(decodeStun(response.subarray(0, length))).toBeUndefined()
    }
    expect(decodeStun(Buffer.concat([response, Buffer.alloc(4)]))).toBeUndefined()
    const attributeTooLong = Buffer.from(response)
    attributeTooLong.writeUInt16BE(0xffff, 22)
    expect(decodeStun(attributeTooLong)).toBeUndefined()
    const otherCookie = Buffer.from(response)
    otherCookie[4] = 0
    expect(decodeStun(otherCookie)).toBeUndefined()
    expect(stunLength(response.subarray(0, 19))).toBeUndefined()
  })

  test('with an address of a wrong length or family has none', () => {
    const id = Buffer.alloc(12)
    expect(decodeXorAddress(undefined, id)).toBeUndefined()
    expect(decodeXorAddress(Buffer.alloc(8), id)).toBeUndefined()
    expect(
      decodeXorAddress(encodeXorAddress('192.0.2.1', 1, id).subarray(0, 7), id),
    ).toBeUndefined()
  })
})
