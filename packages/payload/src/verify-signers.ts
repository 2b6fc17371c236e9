import { verifySignature } from '#platform';
import type { SignatureScheme } from './algorithm.ts';
import { certifiedBy, chainAbove } from './chain.ts';
import type { SignedData, SignerInfo } from './cms.ts';
import { VerifyError } from './error.ts';
import { attributesAsSigned, signingTimeOf } from './signed-attributes.ts';
import { fitsKey, schemeName, schemeOf } from './signer-scheme.ts';
import { isAuthorityOf, isNamedBy, isRevoked, isSameId, type TrustStore } from './trust-store.ts';
import { checkSelfSignature } from './self-signature.ts';
import { isSelfIssued, parseCertificate, type ParsedCertificate, timeOf } from './x509.ts';

/** Who stands behind a module. */
export interface Verdict {
  /** The certificate whose key signed the module. */
  readonly signer: ParsedCertificate;
  /** The trusted certificate at the end of its chain: the signer itself, without embedded certificates. */
  readonly anchor: ParsedCertificate;
  readonly algorithm: string;
}

interface Work {
  readonly payload: Uint8Array;
  readonly store: TrustStore;
  readonly embedded: readonly ParsedCertificate[];
  readonly signal: AbortSignal | undefined;
}

/** The kernel refuses signed attributes in modules, for ML-DSA it waives that. */
function checkAttributes(signer: SignerInfo, scheme: SignatureScheme): void {
  if (signer.signedAttributes === undefined || scheme.kind === 'ml-dsa') return;
  throw new VerifyError(
    'SIGNED_ATTRIBUTES',
    'the signer has signed attributes: sign with CMS_NOATTR, as sign-file does',
  );
}

/** Checks the signer's own signature with a key that its identifier names. */
async function checkSignature(
  work: Work,
  signer: SignerInfo,
  scheme: SignatureScheme,
  by: ParsedCertificate,
): Promise<void> {
  if (!fitsKey(scheme, by.key))
    throw new VerifyError('BAD_SIGNATURE', `the key of "${by.info.subject}" makes no such signature`);
  if (!by.maySign) throw new VerifyError('UNTRUSTED_SIGNER', `"${by.info.subject}" may not sign (key usage)`);
  const time = signingTimeOf(signer);
  if (time !== undefined && (timeOf(time) < by.info.notBefore || timeOf(time) > by.info.notAfter)) {
    throw new VerifyError('BAD_SIGNATURE', `signed outside the validity of "${by.info.subject}"`);
  }
  const data = await attributesAsSigned(signer, work.payload);
  const { signature } = signer;
  if (await verifySignature({ scheme, certificate: by, data, signature, signal: work.signal })) return;
  throw new VerifyError('BAD_SIGNATURE', `the signature is not that of "${by.info.subject}" over this module`);
}

/** Ends a chain in a trusted certificate: one that is in the chain, or that is its last one's authority (pkcs7_validate_trust_one). */
async function anchorOf(
  chain: readonly ParsedCertificate[],
  store: TrustStore,
): Promise<ParsedCertificate | undefined> {
  for (const [index, certificate] of chain.entries()) {
    const twin = store.trusted.find((trusted) => isSameId(trusted, certificate));
    if (twin === undefined) continue;
    // The trusted variant must carry what hangs below it; for the first one that is the module itself.
    const below = chain[index - 1];
    if (below !== undefined) await certifiedBy(below, twin);
    return twin;
  }
  const last = chain.at(-1);
  if (last === undefined || isSelfIssued(last)) return undefined;
  const authority = store.trusted.find((trusted) => isAuthorityOf(trusted, last));
  if (authority === undefined) return undefined;
  await certifiedBy(last, authority);
  return authority;
}

async function refuseRevoked(certificates: readonly ParsedCertificate[], store: TrustStore): Promise<void> {
  for (const certificate of certificates) {
    if (!(await isRevoked(certificate, store))) continue;
    throw new VerifyError('REVOKED', `"${certificate.info.subject}" (serial ${certificate.info.serial}) is revoked`);
  }
}

/** One signer: `undefined` where nobody we know stands behind it; throws where somebody does and it is wrong. */
async function verifySigner(work: Work, signer: SignerInfo): Promise<Verdict | undefined> {
  const { store, embedded } = work;
  const scheme = schemeOf(signer);
  checkAttributes(signer, scheme);
  await refuseRevoked(
    store.revoked.filter((certificate) => isNamedBy(certificate, signer.id)),
    store,
  );
  const inside = embedded.find((certificate) => isNamedBy(certificate, signer.id) && fitsKey(scheme, certificate.key));
  if (inside !== undefined) {
    await checkSignature(work, signer, scheme, inside);
    const chain = [inside, ...(await chainAbove(inside, embedded))];
    await refuseRevoked(chain, store);
    const anchor = await anchorOf(chain, store);
    if (anchor !== undefined) {
      await refuseRevoked([anchor], store);
      // A trusted twin of the signer's certificate is what counts, not the copy in the message.
      if (isSameId(anchor, inside)) await checkSignature(work, signer, scheme, anchor);
      return { signer: inside, anchor, algorithm: schemeName(scheme, inside.key) };
    }
    // A root that we do not know ends it: the kernel then asks for nothing else either.
    if (isSelfIssued(chain.at(-1) ?? inside)) return undefined;
  }
  const direct = store.trusted.find((trusted) => isNamedBy(trusted, signer.id));
  if (direct === undefined) return undefined;
  await refuseRevoked([direct], store);
  await checkSignature(work, signer, scheme, direct);
  return { signer: direct, anchor: direct, algorithm: schemeName(scheme, direct.key) };
}

/**
 * Checks every signer of a message. One that nobody stands behind is passed over, as the kernel does; one whose key is known must
 * be right; and at least one must be trusted.
 */
export async function verifySigners(
  message: SignedData,
  input: { payload: Uint8Array; store: TrustStore; signal?: AbortSignal | undefined },
): Promise<Verdict> {
  const embedded: ParsedCertificate[] = [];
  for (const der of message.certificates) {
    const certificate = await parseCertificate(der);
    await checkSelfSignature(certificate);
    embedded.push(certificate);
  }
  const work: Work = { ...input, embedded, signal: input.signal };
  let verdict: Verdict | undefined;
  for (const signer of message.signers) {
    input.signal?.throwIfAborted();
    const found = await verifySigner(work, signer);
    verdict ??= found;
  }
  if (verdict !== undefined) return verdict;
  throw new VerifyError(
    'UNTRUSTED_SIGNER',
    'no trusted certificate stands behind any signer: add the signer, or sign again',
  );
}
