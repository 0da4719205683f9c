import { createHash } from 'node:crypto';

/** Signed 64-bit hash of a text: the first 8 bytes of its SHA-256, big-endian. The same on every machine, for ever. */
export function hash64(text: string): bigint {
  return createHash('sha256').update(text, 'utf8').digest().readBigInt64BE(0);
}
