import { hostilePayloads, signTestModule, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { expect, test } from 'vitest';
import { isVerifyError, parseTrust, verifyModule } from './index.ts';

/** `KLPKIT_HOSTILE=full` runs what the threat model promises; the normal run takes a part that fits into seconds. */
const full = process.env['KLPKIT_HOSTILE'] === 'full';
const minutes = 60_000;
const authority = testAuthority('rsa-2048');
const trust = await parseTrust({ certificates: [authority.certificate] });

test(`every ${full ? 'bit' : 'bit of the signature, and one of each byte of the module'} is guarded by the signature`, {
  timeout: 10 * minutes,
}, async () => {
  const payload = tinyModule({ size: 16_384 });
  const signed = await signTestModule(payload, authority);
  await verifyModule(signed, { trust, sha256: null });
  let refused = 0;
  let flipped = 0;
  for (let index = 0; index < signed.length; index++) {
    for (let bit = 0; bit < 8; bit++) {
      if (!full && index < payload.length && bit !== index % 8) continue;
      flipped++;
      signed[index] = (signed[index] ?? 0) ^ (1 << bit);
      const error: unknown = await verifyModule(signed, { trust, sha256: null }).catch((caught: unknown) => caught);
      if (isVerifyError(error)) refused++;
      signed[index] = (signed[index] ?? 0) ^ (1 << bit);
    }
  }
  expect(refused).toBe(flipped);
});

test('damaged signatures, files and certificates end in a coded error', { timeout: 30 * minutes }, async () => {
  const seed = Number(process.env['KLPKIT_SEED'] ?? 1);
  const codes = new Map<string, number>();
  let accepted = 0;
  for await (const outcome of hostilePayloads({ count: full ? 200_000 : 8000, seed })) {
    expect(outcome.unexpected, `seed ${seed}`).toBeNull();
    if (outcome.code === null && outcome.kind === 'signature') accepted++;
    codes.set(outcome.code ?? 'accepted', (codes.get(outcome.code ?? 'accepted') ?? 0) + 1);
  }
  // A damaged certificate or file may still be readable; a damaged signature is never good.
  expect(accepted).toBe(0);
  for (const code of [
    'MALFORMED_SIGNATURE',
    'BAD_SIGNATURE',
    'UNTRUSTED_SIGNER',
    'MALFORMED_MODULE',
    'MALFORMED_CERTIFICATE',
    'MALFORMED_COMPRESSION',
  ]) {
    expect([...codes.keys()]).toContain(code);
  }
});
