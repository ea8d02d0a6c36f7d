/** The largest picture that a report may have, in bytes. The field of the message allows no more. */
const maxStillBytes = 30_000

/**
 * Returns the bytes of a picture that a client sent with a report; undefined if it is not a JPEG in base64
 * (RFC 4648 §4) or too large. Clients lie, so the moderation page shows it only as an image.
 */
export function jpegIn(base64: string): Uint8Array | undefined {
  const bytes = Buffer.from(base64, 'base64')
  // `Buffer` ignores what is not base64. Only the canonical text is accepted.
  if (bytes.length > maxStillBytes || bytes.toString('base64') !== base64) return undefined
  // A JPEG begins with the markers SOI and one more, and ends with EOI (ITU-T T.81 §B.1.1.3).
  const isJpeg =
    bytes.length > 4 &&
    bytes.readUIntBE(0, 3) === 0xff_d8_ff &&
    bytes.readUInt16BE(bytes.length - 2) === 0xff_d9
  return isJpeg ? bytes : undefined
}
