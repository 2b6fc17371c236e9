import { verifySignature } from '#platform';
import { VerifyError } from './error.ts';
import { fitsKey } from './signer-scheme.ts';
import { isAuthorityOf } from './trust-store.ts';
import { isSelfIssued, type ParsedCertificate } from './x509.ts';

/**
 * Refuses a certificate that the named authority did not issue. Stricter than the kernel, which asks neither for basicConstraints
 * nor for keyUsage here: a module-signing key must not be able to make other signers.
 */
export async function certifiedBy(certificate: ParsedCertificate, authority: ParsedCertificate): Promise<void> {
  const { scheme, info } = certificate;
  const wrong = (message: string): VerifyError =>
    new VerifyError('BAD_SIGNATURE', `certificate "${info.subject}": ${message}`);
  if (!authority.ca || !authority.mayCertify) throw wrong(`"${authority.info.subject}" is not a certificate authority`);
  if (scheme === undefined)
    throw new VerifyError('UNSUPPORTED_ALGORITHM', `certificate "${info.subject}" is signed with an unknown algorithm`);
  if (scheme.kind !== 'ml-dsa' && scheme.hash === 'sha1') {
    throw new VerifyError('WEAK_ALGORITHM', `certificate "${info.subject}" is signed over SHA-1`);
  }
  if (!fitsKey(scheme, authority.key)) throw wrong('it is signed with a key of another kind than its issuer has');
  const { tbs: data, signature } = certificate;
  if (await verifySignature({ scheme, certificate: authority, data, signature })) return;
  throw wrong(`it is not signed by "${authority.info.subject}"`);
}

/** The embedded certificates above one, each checked against the next, up to a self-signed one or to where the next is missing. */
export async function chainAbove(
  leaf: ParsedCertificate,
  embedded: readonly ParsedCertificate[],
): Promise<ParsedCertificate[]> {
  const chain: ParsedCertificate[] = [];
  let current = leaf;
  // Each step takes a certificate that was not taken before, so it ends.
  for (;;) {
    if (isSelfIssued(current)) return chain;
    const below = current;
    const above = embedded.find((one) => one !== leaf && !chain.includes(one) && isAuthorityOf(one, below));
    if (above === undefined) return chain;
    await certifiedBy(current, above);
    chain.push(above);
    current = above;
  }
}
