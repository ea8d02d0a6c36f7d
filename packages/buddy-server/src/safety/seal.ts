import { createCipheriv, createDecipheriv, createHmac, createSecretKey } from 'node:crypto'
import { randomBytes } from '../random-bytes.ts'

/** Encrypts and authenticates values, so that only a process with the same key can read or create them. */
export interface Seal {
  seal(value: readonly unknown[]): string
  /** Returns undefined for a text that this key has not sealed. */
  open(token: string): readonly unknown[] | undefined
}

const ivBytes = 12
const tagBytes = 16

/** Returns the key for one purpose, derived from the secret key of the server. */
export function deriveKey(secretKey: string, purpose: string): Buffer {
  return createHmac('sha256', secretKey).update(purpose).digest()
}

/**
 * Returns functions that encrypt and decrypt values with AES-256-GCM (NIST SP 800-38D). Each purpose has a
 * key of its own, derived from the secret.
 */
export function createSeal(secretKey: string, purpose: string): Seal {
  const key = createSecretKey(deriveKey(secretKey, purpose))
  return {
    seal(value) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', key, iv)
      const sealed = [cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat([iv, ...sealed]).toString('base64url')
    },
    open(token) {
      const bytes = Buffer.from(token, 'base64url')
      // Several base64url texts decode to the same bytes. Only the canonical one is accepted.
      if (bytes.length <= ivBytes + tagBytes || bytes.toString('base64url') !== token) {
        return undefined
      }
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes))
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      try {
        const opened = decipher.update(bytes.subarray(ivBytes, -tagBytes))
        return JSON.parse(Buffer.concat([opened, decipher.final()]).toString()) as unknown[]
      } catch {
        return undefined
      }
    },
  }
}
