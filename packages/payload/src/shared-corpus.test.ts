import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedDir } from '@klpkit-internal/testkit';
import { describe, expect, it } from 'vitest';
import { isVerifyError } from './error.ts';
import { parseModuleSignature } from './module-signature.ts';
import { signatureTrailer } from './signature-block.ts';
import { parseTrust } from './trust.ts';
import { verifyModule } from './verify-module.ts';

const shared = sharedDir();

interface Meta {
  readonly signer: { readonly issuer: string; readonly serial: string; readonly digest: string };
}

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(shared ?? '', 'corpus', 'modsig', name)));

/** The distribution's signature behind other bytes: the module itself is not in the corpus. */
function moduleWith(message: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('another module'), message, signatureTrailer(message.length)]);
}

describe.skipIf(shared === undefined)(
  "a distribution's own signature (skipped: the shared corpus is not on this machine)",
  () => {
    it('is read, and its signer found by the certificate that it belongs to', async () => {
      const { signer } = JSON.parse(new TextDecoder().decode(read('meta.json'))) as Meta;
      const module = moduleWith(read('vsock_loopback.ko.p7s'));
      expect(parseModuleSignature(module)?.signers).toEqual([
        {
          issuer: signer.issuer,
          serial: signer.serial.toLowerCase(),
          ski: null,
          digest: signer.digest,
          algorithm: 'rsa',
        },
      ]);
      const trust = await parseTrust({ certificates: [read('debian-6.1.192-2-build-key.der')] });
      // Not UNTRUSTED_SIGNER: the key was found and used, over bytes that it did not sign.
      await expect(verifyModule(module, { trust, sha256: null })).rejects.toSatisfy((error: unknown) =>
        isVerifyError(error, 'BAD_SIGNATURE'),
      );
    });
  },
);
