import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isQualifyError } from '../error.ts';
import type { QualificationReport } from '../qualification-report.ts';
import { reportToJson } from '../report/report-json.ts';
import { sampleReport } from '../report/sample-report.fixture.ts';
import { createEvidence, evidenceDigest } from './create-evidence.ts';
import { verifyEvidence, type VerifyEvidenceOptions } from './verify-evidence.ts';

interface TestKey {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly publicObject: KeyObject;
  readonly privateObject: KeyObject;
}

function testKey(kind: 'ed25519' | 'p256' | 'p384' | 'rsa'): TestKey {
  const pair = {
    ed25519: () => generateKeyPairSync('ed25519'),
    p256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    p384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  }[kind]();
  return {
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    publicObject: pair.publicKey,
    privateObject: pair.privateKey,
  };
}

const ed25519 = testKey('ed25519');
const p256 = testKey('p256');
const good = sampleReport('good');
const options: VerifyEvidenceOptions = {
  keys: [ed25519.publicKey],
  patch: good.patch.sha256,
  kernel: good.kernel.release,
  now: good.finishedAt + 1000,
};

function refusal(bytes: Uint8Array, more: Partial<VerifyEvidenceOptions> = {}): string | undefined {
  try {
    verifyEvidence(bytes, { ...options, ...more });
  } catch (error) {
    if (isQualifyError(error)) return error.code;
    throw error;
  }
  return undefined;
}

interface Envelope {
  payload: string;
  payloadType: string;
  signatures: { sig: string; keyid?: string }[];
}
const open = (bytes: Uint8Array): Envelope => JSON.parse(new TextDecoder().decode(bytes)) as Envelope;
const close = (envelope: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(envelope));
/** DSSE's pre-authentication encoding, written down from its specification and not with the library. */
const encoded = ({ payload, payloadType }: Envelope): Buffer => {
  const body = Buffer.from(payload, 'base64');
  return Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `), body]);
};
/** Evidence whose statement was changed and signed again by a key that is trusted. */
function resigned(change: (statement: Record<string, never>) => unknown): Uint8Array {
  const envelope = open(createEvidence(good, { key: ed25519.privateKey }));
  const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as Record<string, never>;
  const payload = Buffer.from(JSON.stringify(change(statement))).toString('base64');
  const next = { ...envelope, payload };
  return close({ ...next, signatures: [{ sig: sign(null, encoded(next), ed25519.privateObject).toString('base64') }] });
}

describe('evidence that holds', () => {
  it.each([
    ['Ed25519', ed25519, null],
    ['ECDSA P-256', p256, 'sha256'],
  ] as const)('is made and accepted with %s', (_, key, hash) => {
    const bytes = createEvidence(good, { key: key.privateKey });
    const verified = verifyEvidence(bytes, { ...options, keys: [p256.publicKey, ed25519.publicKey] });
    expect(verified).toMatchObject({ kernel: good.kernel, patch: good.patch, finishedAt: good.finishedAt });
    expect(verified.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(verified.sha256).toBe(evidenceDigest(bytes));
    expect(verified.reportSha256).toBe(createHash('sha256').update(reportToJson(good)).digest('hex'));
    expect(verified.tests).toEqual({ flaky: 1, pass: 3 });
    // Another implementation of DSSE comes to the same: node's crypto over the encoding of the specification.
    const envelope = open(bytes);
    const sig = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64');
    expect(verify(hash, encoded(envelope), key.publicObject, sig)).toBe(true);
  });

  it('is an in-toto statement that others can read', () => {
    const envelope = open(createEvidence(good, { key: p256.privateKey }));
    expect(envelope.payloadType).toBe('application/vnd.in-toto+json');
    const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as unknown;
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'livepatch_cve_2024_1086.ko', digest: { sha256: good.patch.sha256 } }],
      predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
      predicate: { result: 'PASSED', failedTests: [], warnedTests: ['timers: rtcpie'] },
    });
  });

  it('keeps to its age', () => {
    const bytes = createEvidence(good, { key: ed25519.privateKey });
    expect(refusal(bytes, { notBefore: good.finishedAt })).toBeUndefined();
    expect(refusal(bytes, { notBefore: good.finishedAt + 1 })).toBe('EVIDENCE_EXPIRED');
    expect(refusal(bytes, { now: good.finishedAt - 3_600_000 })).toBe('EVIDENCE_EXPIRED');
  });
});

describe('evidence that does not hold', () => {
  const bytes = createEvidence(good, { key: ed25519.privateKey });

  it('is about another patch or kernel', () => {
    expect(refusal(bytes, { patch: 'ef'.repeat(32) })).toBe('WRONG_PATCH');
    expect(refusal(bytes, { kernel: '6.1.0-51-cloud-amd64' })).toBe('WRONG_KERNEL');
  });

  it.each(['bad', 'undecided'] as const)('says that the patch is %s', (kind) => {
    const report: QualificationReport = { ...sampleReport(kind), finishedAt: good.finishedAt };
    expect(refusal(createEvidence(report, { key: ed25519.privateKey }))).toBe('NOT_QUALIFIED');
  });

  it('is signed by somebody else, or by nobody', () => {
    expect(refusal(bytes, { keys: [p256.publicKey] })).toBe('UNTRUSTED_EVIDENCE');
    expect(refusal(bytes, { keys: [] })).toBe('UNTRUSTED_EVIDENCE');
    expect(refusal(close({ ...open(bytes), signatures: [] }))).toBe('MALFORMED_EVIDENCE');
  });

  it('was changed anywhere in what is signed', () => {
    const envelope = open(bytes);
    const payload = Buffer.from(envelope.payload, 'base64');
    for (let at = 0; at < payload.length; at += 97) {
      const changed = Buffer.from(payload);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(refusal(close({ ...envelope, payload: changed.toString('base64') }))).toBe('UNTRUSTED_EVIDENCE');
    }
    const other = open(createEvidence({ ...good, startedAt: 1 }, { key: ed25519.privateKey }));
    expect(refusal(close({ ...envelope, signatures: other.signatures }))).toBe('UNTRUSTED_EVIDENCE');
  });

  it('has a key id of a key that is trusted and a signature of one that is not', () => {
    const forged = open(createEvidence(good, { key: p256.privateKey }));
    const keyid = open(bytes).signatures[0]?.keyid ?? '';
    const signatures = forged.signatures.map(({ sig }) => ({ sig, keyid }));
    expect(refusal(close({ ...forged, signatures }))).toBe('UNTRUSTED_EVIDENCE');
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe)],
    ['JSON that is no envelope', close({})],
    ['a list', close([])],
    ['an unknown field', close({ ...open(bytes), extra: 1 })],
    ['another payload type', close({ ...open(bytes), payloadType: 'application/json' })],
    ['a payload that is no base64', close({ ...open(bytes), payload: '%%%' })],
    [
      'more signatures than are tried',
      close({ ...open(bytes), signatures: Array(17).fill(open(bytes).signatures[0]) }),
    ],
    [
      'a signed statement of another type',
      resigned((statement) => ({ ...statement, _type: 'https://in-toto.io/Statement/v0.1' })),
    ],
    [
      'a signed predicate of another type',
      resigned((statement) => ({ ...statement, predicateType: 'https://slsa.dev/provenance/v1' })),
    ],
    [
      'two subjects',
      resigned((statement) => ({ ...statement, subject: [statement.subject?.[0], statement.subject?.[0]] })),
    ],
    [
      'a subject that is not the patch that was tried',
      resigned((statement) => ({ ...statement, subject: [{ name: 'x', digest: { sha256: 'ef'.repeat(32) } }] })),
    ],
    [
      'a result that contradicts the verdict',
      resigned((statement) => ({
        ...statement,
        predicate: { ...(statement.predicate as unknown as object), result: 'FAILED' },
      })),
    ],
  ])('%s', (_, hostile) => {
    expect(refusal(hostile)).toBe('MALFORMED_EVIDENCE');
  });

  it('is too large to be read', () => {
    expect(refusal(new Uint8Array(8_388_609))).toBe('TOO_LARGE');
  });
});

describe('keys', () => {
  const codeOf = (work: () => unknown): string | undefined => {
    try {
      work();
    } catch (error) {
      if (isQualifyError(error)) return `${error.code} ${error.cause === undefined}`;
      throw error;
    }
    return undefined;
  };

  it('of other kinds are refused, and private ones where public ones belong', () => {
    for (const kind of ['p384', 'rsa'] as const) {
      const key = testKey(kind);
      expect(codeOf(() => createEvidence(good, { key: key.privateKey }))).toBe('UNSUPPORTED_KEY true');
      expect(refusal(new Uint8Array(), { keys: [key.publicKey] })).toBe('UNSUPPORTED_KEY');
    }
    expect(refusal(new Uint8Array(), { keys: [ed25519.privateKey] })).toBe('UNSUPPORTED_KEY');
    expect(codeOf(() => createEvidence(good, { key: 'secret words' }))).toBe('UNSUPPORTED_KEY true');
    expect(codeOf(() => createEvidence(good, { key: ed25519.publicKey }))).toBe('UNSUPPORTED_KEY true');
  });
});
