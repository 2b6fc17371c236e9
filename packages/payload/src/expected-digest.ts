import { VerifyError } from './error.ts';

const hexDigest = /^[0-9a-f]{64}$/;

/** Refuses a wrong digest before anything is hashed. */
export function checkExpectedDigest(expected: string | null): void {
  if (expected === null || (typeof expected === 'string' && hexDigest.test(expected))) return;
  throw new VerifyError('INVALID_OPTION', 'the expected SHA-256 is not 64 lower-case hex digits, nor null');
}

/** Refuses a file whose digest is not the expected one. */
export function checkDigest(digest: string, expected: string | null): void {
  if (expected === null || digest === expected) return;
  throw new VerifyError('DIGEST_MISMATCH', `the file's SHA-256 is ${digest}, expected was ${expected}: fetch it again`);
}
