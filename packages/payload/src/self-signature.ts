import { verifySignature } from '#platform';
import { isVerifyError, VerifyError } from './error.ts';
import { isSelfIssued, type ParsedCertificate } from './x509.ts';

/** A self-issued certificate must be signed by its own key: what is not is damaged or forged. */
export async function checkSelfSignature(certificate: ParsedCertificate): Promise<void> {
  const { scheme } = certificate;
  if (!isSelfIssued(certificate) || scheme === undefined || scheme.kind !== certificate.key.kind) return;
  try {
    if (await verifySignature({ scheme, certificate, data: certificate.tbs, signature: certificate.signature })) return;
  } catch (error) {
    // The runtime cannot check it. The kernel loads such a key as well; the modules' signatures are what counts.
    if (isVerifyError(error, 'UNSUPPORTED_ALGORITHM')) return;
    throw error;
  }
  throw new VerifyError('MALFORMED_CERTIFICATE', `the self-signature of "${certificate.info.subject}" is wrong`);
}
