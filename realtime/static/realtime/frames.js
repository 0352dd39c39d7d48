// @ts-check
/** Messages with bytes, as the flat socket carries them. */

/**
 * One binary frame: the length of the header in four bytes, big end first, the header, which is the message as JSON, and the bytes.
 * @param {string} header
 * @param {ArrayBuffer} bytes
 */
export function framed(header, bytes) {
  const text = new TextEncoder().encode(header);
  const frame = new Uint8Array(4 + text.length + bytes.byteLength);
  new DataView(frame.buffer).setUint32(0, text.length);
  frame.set(text, 4);
  frame.set(new Uint8Array(bytes), 4 + text.length);
  return frame;
}
