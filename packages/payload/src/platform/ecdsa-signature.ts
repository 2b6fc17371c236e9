import { magnitudeOf } from '../algorithm.ts';
import { joinBytes } from '../bytes.ts';
import { fieldsOf, parseDer, tag } from '../der.ts';
import { isVerifyError } from '../error.ts';

const coordinateBytes = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const;

/** The r and s of a DER signature side by side at full length, as WebCrypto wants them; `undefined` where it is none. */
export function rawEcdsaSignature(
  der: Uint8Array,
  curve: keyof typeof coordinateBytes,
): Uint8Array<ArrayBuffer> | undefined {
  const length = coordinateBytes[curve];
  try {
    const fields = fieldsOf(parseDer(der, tag.sequence, 'BAD_SIGNATURE'), 'ECDSA signature', 'BAD_SIGNATURE');
    const r = magnitudeOf(fields.take(tag.integer, 'r'));
    const s = magnitudeOf(fields.take(tag.integer, 's'));
    fields.end();
    if (r.length > length || s.length > length) return undefined;
    const raw = new Uint8Array(2 * length);
    raw.set(r, length - r.length);
    raw.set(s, 2 * length - s.length);
    return raw;
  } catch (error) {
    if (isVerifyError(error)) return undefined;
    throw error;
  }
}

function derInteger(magnitude: Uint8Array): Uint8Array {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const digits = magnitude.subarray(start < 0 ? magnitude.length - 1 : start);
  const padding = (digits[0] ?? 0) >= 0x80 ? [0] : [];
  return Uint8Array.of(tag.integer, padding.length + digits.length, ...padding, ...digits);
}

/** The DER form of a signature that has r and s side by side. */
export function derEcdsaSignature(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const body = joinBytes([derInteger(raw.subarray(0, half)), derInteger(raw.subarray(half))]);
  const length = body.length < 0x80 ? [body.length] : [0x81, body.length];
  return joinBytes([Uint8Array.of(tag.sequence, ...length), body]);
}
