import { createHash, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import * as asn1js from 'asn1js';
import {
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  Extension,
  AlgorithmIdentifier,
  PublicKeyInfo,
  Time,
  TimeType,
} from 'pkijs';

/** Keys that a test authority can have. */
export type TestAlgorithm =
  | 'rsa-1024'
  | 'rsa-2048'
  | 'rsa-4096'
  | 'p-256'
  | 'p-384'
  | 'p-521'
  | 'ml-dsa-44'
  | 'ml-dsa-65'
  | 'ml-dsa-87';

/** A key with its certificate. */
export interface TestAuthority {
  readonly algorithm: TestAlgorithm;
  /** Common name. */
  readonly name: string;
  /** Private key, PKCS#8 PEM. */
  readonly key: string;
  /** Certificate, PEM and DER. */
  readonly certificate: string;
  readonly certificateDer: Uint8Array<ArrayBuffer>;
  /** Serial and SKI in lower-case hex. */
  readonly serial: string;
  readonly ski: string;
}

/** What {@link makeAuthority} is told. */
export interface AuthorityOptions {
  readonly algorithm?: TestAlgorithm;
  readonly name?: string;
  /** Who signs the certificate; itself if left out. */
  readonly issuer?: TestAuthority;
  /** Contents of the SKI extension in hex; `null` leaves it out. Default: SHA-1 of the key. */
  readonly ski?: string | null;
  /** basicConstraints cA; default true. */
  readonly ca?: boolean;
  /** Authority key identifier extension; default true where there is an issuer. */
  readonly aki?: boolean;
  /** Digest of the certificate's own signature; default sha256. */
  readonly hash?: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  readonly notAfter?: Date;
}

const curves = { 'p-256': 'P-256', 'p-384': 'P-384', 'p-521': 'P-521' } as const;
const rsaOids = { sha1: '5', sha256: '11', sha384: '12', sha512: '13' } as const;
const ecdsaOids = { sha1: '1', sha256: '3.2', sha384: '3.3', sha512: '3.4' } as const;
const mlDsaOids = { '44': '17', '65': '18', '87': '19' } as const;

function keyPair(algorithm: TestAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm.startsWith('rsa-')) return generateKeyPairSync('rsa', { modulusLength: Number(algorithm.slice(4)) });
  if (algorithm in curves) {
    return generateKeyPairSync('ec', { namedCurve: curves[algorithm as keyof typeof curves] });
  }
  return generateKeyPairSync(algorithm as 'ml-dsa-44');
}

function signatureAlgorithm(
  algorithm: TestAlgorithm,
  hash: NonNullable<AuthorityOptions['hash']>,
): AlgorithmIdentifier {
  if (algorithm.startsWith('rsa-')) {
    return new AlgorithmIdentifier({
      algorithmId: `1.2.840.113549.1.1.${rsaOids[hash]}`,
      algorithmParams: new asn1js.Null(),
    });
  }
  if (algorithm in curves) return new AlgorithmIdentifier({ algorithmId: `1.2.840.10045.4.${ecdsaOids[hash]}` });
  const level = algorithm.slice('ml-dsa-'.length) as keyof typeof mlDsaOids;
  return new AlgorithmIdentifier({ algorithmId: `2.16.840.1.101.3.4.3.${mlDsaOids[level]}` });
}

const pem = (label: string, der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
};

const exact = (hex: string): ArrayBuffer => new Uint8Array(Buffer.from(hex, 'hex')).buffer;
const extension = (extnID: string, critical: boolean, value: asn1js.BaseBlock): Extension =>
  new Extension({ extnID, critical, extnValue: value.toBER() });

function extensions(options: AuthorityOptions, ski: string | null): Extension[] {
  const basic = new BasicConstraints({ cA: options.ca ?? true }).toSchema();
  const found = [extension('2.5.29.19', true, basic)];
  if (ski !== null) {
    found.push(extension('2.5.29.14', false, new asn1js.OctetString({ valueHex: exact(ski) })));
  }
  if (options.issuer !== undefined && options.aki !== false) {
    const keyId = new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, valueHex: exact(options.issuer.ski) });
    found.push(extension('2.5.29.35', false, new asn1js.Sequence({ value: [keyId] })));
  }
  return found;
}

const commonName = (value: string): AttributeTypeAndValue =>
  new AttributeTypeAndValue({ type: '2.5.4.3', value: new asn1js.Utf8String({ value }) });

let serialCounter = 0;

/** RFC 5280, 4.1.2.5: UTCTime up to 2049, GeneralizedTime from then on. */
function timeOf(value: Date): Time {
  return new Time({ type: value.getUTCFullYear() > 2049 ? TimeType.GeneralizedTime : TimeType.UTCTime, value });
}

/** Makes a fresh key and an X.509 v3 certificate for it. RSA-4096 takes up to seconds: share it through {@link testAuthority}. */
export function makeAuthority(options: AuthorityOptions = {}): TestAuthority {
  const algorithm = options.algorithm ?? 'rsa-2048';
  const name = options.name ?? `klpkit test ${algorithm}`;
  const { publicKey, privateKey } = keyPair(algorithm);
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const keyInfo = PublicKeyInfo.fromBER(new Uint8Array(spki));
  const keyBits = keyInfo.subjectPublicKey.valueBlock.valueHexView;
  const ski = options.ski === undefined ? createHash('sha1').update(keyBits).digest('hex') : options.ski;
  const serial = `4b${createHash('sha256').update(spki).update(String(serialCounter++)).digest('hex').slice(0, 30)}`;
  const signerAlgorithm = options.issuer?.algorithm ?? algorithm;
  const hash = options.hash ?? 'sha256';

  const certificate = new Certificate({ version: 2 });
  certificate.serialNumber = new asn1js.Integer({ valueHex: exact(serial) });
  certificate.subject.typesAndValues.push(commonName(name));
  certificate.issuer.typesAndValues.push(commonName(options.issuer?.name ?? name));
  certificate.notBefore.value = new Date('2024-01-01T00:00:00Z');
  const notAfter = options.notAfter ?? new Date('2049-12-31T23:59:59Z');
  certificate.notAfter = timeOf(notAfter);
  certificate.subjectPublicKeyInfo = keyInfo;
  certificate.extensions = extensions(options, ski);
  certificate.signature = signatureAlgorithm(signerAlgorithm, hash);
  certificate.signatureAlgorithm = signatureAlgorithm(signerAlgorithm, hash);
  const tbs = certificate.encodeTBS();
  certificate.tbsView = new Uint8Array(tbs.toBER());
  const signer = options.issuer?.key ?? privateKey;
  const digest = signerAlgorithm.startsWith('ml-dsa') ? null : hash;
  const signature = signBytes(digest, certificate.tbsView, signer);
  certificate.signatureValue = new asn1js.BitString({ valueHex: new Uint8Array(signature).buffer });
  const certificateDer = new Uint8Array(certificate.toSchema(true).toBER());
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return {
    algorithm,
    name,
    key,
    certificate: pem('CERTIFICATE', certificateDer),
    certificateDer,
    serial,
    ski: ski ?? '',
  };
}

const cache = new Map<TestAlgorithm, TestAuthority>();

/** The self-signed authority of this process for one kind of key, made at the first call. */
export function testAuthority(algorithm: TestAlgorithm = 'rsa-2048'): TestAuthority {
  const known = cache.get(algorithm);
  if (known !== undefined) return known;
  const made = makeAuthority({ algorithm });
  cache.set(algorithm, made);
  return made;
}
