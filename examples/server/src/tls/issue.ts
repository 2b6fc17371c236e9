import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';

/** A certificate and its key, PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** When a certificate is good, epoch milliseconds. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

const oid = {
  commonName: '2.5.4.3',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
};
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };
/** KeyUsage bits, X.509 section 8.2.2.3 (RFC 5280, 4.2.1.3). */
const keyUsage = { digitalSignature: 0x80, keyCertSign: 0x04, cRLSign: 0x02 };
const engine = new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto });

/** Makes the authority that clients trust: it stays while the server's own certificates come and go. */
export async function issueAuthority(validity: Validity): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const certificate = template(validity);
  setName(certificate.subject, `klpkit server authority ${randomBytes(4).toString('hex')}`);
  certificate.issuer = certificate.subject;
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey, engine);
  const keyId = keyIdOf(certificate);
  certificate.extensions = [
    extension(oid.basicConstraints, new pkijs.BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema(), true),
    extension(oid.keyUsage, bits(keyUsage.keyCertSign | keyUsage.cRLSign), true),
    extension(oid.subjectKeyId, new asn1js.OctetString({ valueHex: keyId })),
  ];
  await certificate.sign(keys.privateKey, 'SHA-256', engine);
  return toPem(certificate, keys.privateKey);
}

/** Makes a server certificate for these names and addresses, with a key of its own. */
export async function issueServer(
  authority: KeyPair,
  options: Validity & { names: readonly string[] },
): Promise<KeyPair> {
  const issuer = pkijs.Certificate.fromBER(fromPem(authority.certificate));
  const issuerKey = await webcrypto.subtle.importKey('pkcs8', fromPem(authority.key), ecdsa, false, ['sign']);
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const certificate = template(options);
  setName(certificate.subject, options.names[0] ?? 'klpkit server');
  certificate.issuer = issuer.subject;
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey, engine);
  const authorityKeyId = new pkijs.AuthorityKeyIdentifier({
    keyIdentifier: new asn1js.OctetString({ valueHex: keyIdOf(issuer) }),
  });
  certificate.extensions = [
    extension(oid.basicConstraints, new pkijs.BasicConstraints({ cA: false }).toSchema(), true),
    extension(oid.keyUsage, bits(keyUsage.digitalSignature), true),
    extension(oid.extKeyUsage, new pkijs.ExtKeyUsage({ keyPurposes: [oid.serverAuth] }).toSchema()),
    extension(oid.subjectAltName, new pkijs.AltName({ altNames: options.names.map(toGeneralName) }).toSchema()),
    extension(oid.authorityKeyId, authorityKeyId.toSchema()),
    extension(oid.subjectKeyId, new asn1js.OctetString({ valueHex: keyIdOf(certificate) })),
  ];
  await certificate.sign(issuerKey, 'SHA-256', engine);
  return toPem(certificate, keys.privateKey);
}

function template(validity: Validity): pkijs.Certificate {
  const serial = randomBytes(16);
  // Positive and without a leading zero byte, as DER wants an INTEGER.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const certificate = new pkijs.Certificate({
    version: 2,
    serialNumber: new asn1js.Integer({ valueHex: toArrayBuffer(serial) }),
  });
  certificate.notBefore = toTime(validity.notBefore);
  certificate.notAfter = toTime(validity.notAfter);
  return certificate;
}

/** RFC 5280, 4.1.2.5: UTCTime through 2049, GeneralizedTime after. */
function toTime(ms: number): pkijs.Time {
  const value = new Date(ms);
  return new pkijs.Time({
    type: value.getUTCFullYear() < 2050 ? pkijs.TimeType.UTCTime : pkijs.TimeType.GeneralizedTime,
    value,
  });
}

function setName(name: pkijs.RelativeDistinguishedNames, commonName: string): void {
  name.typesAndValues.push(
    new pkijs.AttributeTypeAndValue({ type: oid.commonName, value: new asn1js.Utf8String({ value: commonName }) }),
  );
}

function toGeneralName(name: string): pkijs.GeneralName {
  if (isIP(name) === 0) return new pkijs.GeneralName({ type: 2, value: name });
  return new pkijs.GeneralName({
    type: 7,
    value: new asn1js.OctetString({ valueHex: toArrayBuffer(addressBytes(name)) }),
  });
}

/** RFC 5280, 4.2.1.6: four or sixteen bytes in network order. */
function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.'), Number);
  // The URL parser writes every IPv6 form, an embedded IPv4 one included, as groups of hex digits.
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined): string[] => (text === undefined || text === '' ? [] : text.split(':'));
  const fill = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => '0');
  const all = [...groups(head), ...(tail === undefined ? [] : fill), ...groups(tail)].map((group) =>
    Number.parseInt(group, 16),
  );
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function extension(extnID: string, value: asn1js.BaseBlock, critical = false): pkijs.Extension {
  return new pkijs.Extension({ extnID, critical, extnValue: value.toBER() });
}

function bits(byte: number): asn1js.BitString {
  const unusedBits = Math.log2(byte & -byte);
  return new asn1js.BitString({ valueHex: Uint8Array.of(byte).buffer, unusedBits });
}

/** RFC 5280, 4.2.1.2 (1): SHA-1 of the key's bits. A name for the key, no protection. */
function keyIdOf(certificate: pkijs.Certificate): ArrayBuffer {
  const key = certificate.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView;
  return toArrayBuffer(createHash('sha1').update(key).digest());
}

async function toPem(certificate: pkijs.Certificate, key: webcrypto.CryptoKey): Promise<KeyPair> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', key);
  return { certificate: armor('CERTIFICATE', certificate.toSchema(false).toBER()), key: armor('PRIVATE KEY', pkcs8) };
}

function armor(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function fromPem(pem: string): ArrayBuffer {
  return toArrayBuffer(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
