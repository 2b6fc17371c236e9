import { digest } from '#platform';
import { sameBytes } from './bytes.ts';
import type { SignerInfo } from './cms.ts';
import { contentsOf, type Der, fieldsOf, oidOf, rawOf, tag } from './der.ts';
import { VerifyError } from './error.ts';

const code = 'MALFORMED_SIGNATURE';
const contentTypeOid = '1.2.840.113549.1.9.3';
const messageDigestOid = '1.2.840.113549.1.9.4';
const signingTimeOid = '1.2.840.113549.1.9.5';
const dataOid = '1.2.840.113549.1.7.1';

function collect(attributes: Der): Map<string, Der> {
  const found = new Map<string, Der>();
  for (const node of fieldsOf(attributes, 'signed attributes', code).all(tag.sequence, 'signed attribute')) {
    const fields = fieldsOf(node, 'signed attribute', code);
    const oid = oidOf(fields.take(tag.oid, 'type'));
    const [value, ...more] = fieldsOf(fields.take(tag.set, 'values'), 'signed attribute', code).rest();
    fields.end();
    if (value === undefined || more.length > 0 || found.has(oid)) {
      throw new VerifyError('SIGNED_ATTRIBUTES', `signed attribute ${oid} is not there exactly once`);
    }
    if (oid !== contentTypeOid && oid !== messageDigestOid && oid !== signingTimeOid) {
      throw new VerifyError('SIGNED_ATTRIBUTES', `signed attribute ${oid} is not taken`);
    }
    found.set(oid, value);
  }
  return found;
}

/**
 * What an ML-DSA signer with signed attributes has signed: the attributes, which hold the payload's SHA-512. The kernel waives its
 * refusal of attributes for ML-DSA alone, since OpenSSL before 4.0 cannot leave them out
 * (CONFIG_PKCS7_WAIVE_AUTHATTRS_REJECTION_FOR_MLDSA, 7.0).
 */
export async function attributesAsSigned(signer: SignerInfo, payload: Uint8Array): Promise<Uint8Array> {
  const attributes = signer.signedAttributes;
  if (attributes === undefined) return payload;
  const found = collect(attributes);
  const type = found.get(contentTypeOid);
  const messageDigest = found.get(messageDigestOid);
  if (type === undefined || messageDigest === undefined) {
    throw new VerifyError('SIGNED_ATTRIBUTES', 'content type or message digest is missing from the signed attributes');
  }
  if (oidOf(type) !== dataOid) throw new VerifyError('WRONG_CONTENT_TYPE', 'the signed content type is not pkcs7-data');
  const computed = await digest('sha512', payload);
  const stated = contentsOf(messageDigest);
  if (rawOf(messageDigest)[0] !== tag.octetString || !sameBytes(stated, computed)) {
    throw new VerifyError('BAD_SIGNATURE', 'the signed message digest is not that of the module');
  }
  // What is signed is a SET; in the message its tag is [0] (RFC 5652, section 5.4).
  const signed = rawOf(attributes).slice();
  signed[0] = tag.set;
  return signed;
}

/** The signing time among the attributes, to be compared with the certificate's validity; `undefined` where there is none. */
export function signingTimeOf(signer: SignerInfo): Der | undefined {
  return signer.signedAttributes === undefined ? undefined : collect(signer.signedAttributes).get(signingTimeOid);
}
