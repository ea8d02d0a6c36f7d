import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** A visitor has this long to solve a challenge. */
const maxAgeMs = 120_000

/**
 * Issues challenges and checks proofs. A challenge is a text that only this process can make: the time, a
 * random number, and a keyed hash of both. So the server stores nothing for visitors who never answer. It
 * stores only used challenges, until they expire.
 * @param bits number of zero bits with which the hash of a proof must begin: each bit doubles the work
 */
export function createChallenges(bits, now = Date.now) {
  const key = randomBytes(32)
  const sign = (text) => createHmac('sha256', key).update(text).digest('base64url')
  /** The challenges that were used, oldest first, with the time after which they are too old. */
  const used = new Map()

  return {
    issue() {
      const text = `${now()}.${randomBytes(12).toString('base64url')}`
      return { challenge: `${text}.${sign(text)}`, bits }
    },

    /** Returns whether a proof, `challenge:number`, is right, in time, and used for the first time. */
    accepts(proof) {
      const [challenge = '', number = ''] = (proof ?? '').split(':')
      const [atMs = '', random = '', signature = ''] = challenge.split('.')
      if (!isEqual(signature, sign(`${atMs}.${random}`))) return false
      for (const [old, endsAtMs] of used) {
        if (endsAtMs > now()) break
        used.delete(old)
      }
      const endsAtMs = Number(atMs) + maxAgeMs
      if (endsAtMs <= now() || used.has(challenge)) return false
      if (!/^\d{1,15}$/.test(number) || zeroBits(`${challenge}:${number}`) < bits) return false
      used.set(challenge, endsAtMs)
      return true
    },
  }
}

function isEqual(one, other) {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Returns with how many zero bits the SHA-256 of a text begins. */
function zeroBits(text) {
  const hash = createHash('sha256').update(text).digest()
  const firstOther = hash.findIndex((byte) => byte !== 0)
  return firstOther < 0 ? 256 : firstOther * 8 + Math.clz32(hash[firstOther]) - 24
}
