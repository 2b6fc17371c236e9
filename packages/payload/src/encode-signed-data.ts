import * as asn1js from 'asn1js';
import {
  AlgorithmIdentifier,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedData,
  SignerInfo,
} from 'pkijs';
import type { ParsedCertificate } from './x509.ts';

/** What a message with one signer is made of. */
export interface SignedDataInput {
  readonly certificate: ParsedCertificate;
  readonly identifier: 'issuer-serial' | 'key-id';
  readonly digestOid: string;
  readonly signatureOid: string;
  /** Whether the signature algorithm has NULL parameters: it does for rsaEncryption alone. */
  readonly nullParameters: boolean;
  readonly signature: Uint8Array;
}

const own = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

function signerId(input: SignedDataInput): IssuerAndSerialNumber | asn1js.Primitive {
  const { certificate } = input;
  if (input.identifier === 'key-id') {
    return new asn1js.Primitive({
      idBlock: { tagClass: 3, tagNumber: 0 },
      valueHex: own(certificate.ski ?? new Uint8Array()),
    });
  }
  const { issuer, serialNumber } = Certificate.fromBER(own(certificate.der));
  return new IssuerAndSerialNumber({ issuer, serialNumber });
}

/** Writes the PKCS#7 message of a module as OpenSSL's CMS_sign does for sign-file: digest algorithms without parameters. */
export function encodeSignedData(input: SignedDataInput): Uint8Array {
  const version = input.identifier === 'key-id' ? 3 : 1;
  const digest = (): AlgorithmIdentifier => new AlgorithmIdentifier({ algorithmId: input.digestOid });
  const signer = new SignerInfo({
    version,
    sid: signerId(input),
    digestAlgorithm: digest(),
    signatureAlgorithm: new AlgorithmIdentifier({
      algorithmId: input.signatureOid,
      ...(input.nullParameters ? { algorithmParams: new asn1js.Null() } : {}),
    }),
    signature: new asn1js.OctetString({ valueHex: own(input.signature) }),
  });
  const signedData = new SignedData({
    version,
    digestAlgorithms: [digest()],
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: ContentInfo.DATA }),
    signerInfos: [signer],
  });
  const message = new ContentInfo({ contentType: ContentInfo.SIGNED_DATA, content: signedData.toSchema(true) });
  return new Uint8Array(message.toSchema().toBER());
}
