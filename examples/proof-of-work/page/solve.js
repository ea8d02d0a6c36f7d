/**
 * Looks for a number with which the SHA-256 of `challenge:number` begins with `bits` zero bits. Resolves with
 * the proof.
 */
export async function solve(challenge, bits) {
  const encoder = new TextEncoder()
  for (let number = 0; ; number++) {
    const proof = `${challenge}:${number}`
    const hash = new DataView(await crypto.subtle.digest('SHA-256', encoder.encode(proof)))
    if (Math.clz32(hash.getUint32(0)) >= bits) return proof
  }
}
