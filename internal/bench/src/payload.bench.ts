import { spawnSync } from 'node:child_process';
import { createPublicKey, hash, verify, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModuleSignature, parseTrust, type Trust, verifyModule } from '@klpkit/payload';
import { signTestModule, tempFolder, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { fromBER, OctetString } from 'asn1js';
import { Certificate, ContentInfo, SignedData } from 'pkijs';
import type { BenchContext, BenchRow, Measured } from './bench.ts';

export const name = 'payload: verification';

const authority = testAuthority('rsa-4096');
const trailerBytes = 40;

/** A signed module cut up by hand, so that a peer does not pay for our reading. */
interface Parts {
  readonly payload: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

function cut(signed: Uint8Array): Parts {
  const messageBytes = parseModuleSignature(signed)?.messageBytes ?? 0;
  const end = signed.length - trailerBytes;
  const message = signed.subarray(end - messageBytes, end);
  // The RSA-4096 signature is the end of the message.
  return { payload: signed.subarray(0, end - messageBytes), message, signature: message.subarray(-512) };
}

/**
 * Times single calls that use their input up, so each gets a fresh one outside of the clock; order alternates. The fastest of each is
 * compared: a call of 100 ms is long enough to be interrupted each time on a busy machine, and that only ever adds.
 */
async function compareOnce(
  make: () => Uint8Array,
  calls: { ours: (bytes: Uint8Array) => unknown; peer: (bytes: Uint8Array) => unknown },
  context: BenchContext,
): Promise<Measured> {
  const time = async (call: (bytes: Uint8Array) => unknown): Promise<number> => {
    const bytes = make();
    // What earlier calls left is not freed while this one is timed.
    globalThis.gc?.();
    const start = process.hrtime.bigint();
    await call(bytes);
    return Number(process.hrtime.bigint() - start);
  };
  await time(calls.ours);
  await time(calls.peer);
  const ours: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round < 25; round++) {
    context.signal.throwIfAborted();
    if (round % 2 === 0) ours.push(await time(calls.ours));
    peer.push(await time(calls.peer));
    if (round % 2 === 1) ours.push(await time(calls.ours));
  }
  const fastest = { ours: Math.min(...ours), peer: Math.min(...peer) };
  return { oursNs: fastest.ours, peerNs: fastest.peer, ratio: fastest.peer / fastest.ours };
}

async function largeRows(context: BenchContext, trust: Trust): Promise<BenchRow[]> {
  const signed = await signTestModule(tinyModule({ size: 64 * 1024 * 1024 }), authority, { hash: 'sha512' });
  const { payload, signature } = cut(signed);
  const key = createPublicKey(authority.certificate);
  const passes = (bytes: Uint8Array): void => {
    hash('sha256', bytes, 'hex');
    if (!verify('sha512', bytes.subarray(0, payload.length), key, signature)) throw new Error('the peer refused');
  };
  const take = (bytes: Uint8Array): unknown => verifyModule(bytes, { trust, sha256: null, ownership: 'take' });
  const copy = (bytes: Uint8Array): unknown => verifyModule(bytes, { trust, sha256: null });
  const fresh = (): Uint8Array => new Uint8Array(signed);
  const passesTaken = (bytes: Uint8Array): void => passes(new Uint8Array((bytes.buffer as ArrayBuffer).transfer()));
  const target = { minRatio: 0.952 };
  const taken = await compareOnce(fresh, { ours: take, peer: passesTaken }, context);
  const copied = await compareOnce(
    () => signed,
    { ours: copy, peer: (bytes) => passes(new Uint8Array(bytes)) },
    context,
  );
  // V8 counts a transferred buffer as new memory and may collect garbage for it: what that costs shows here.
  const bare = await compareOnce(fresh, { ours: take, peer: passes }, context);
  const what = '64 MiB, RSA-4096/SHA-512, against the bare node:crypto passes';
  return [
    context.row({ what: `${what}, bytes taken over by both`, result: taken, target }),
    context.row({ what: `${what}, bytes copied by both`, result: copied, target }),
    context.row({ what: `${what}, taken over by us alone`, result: bare }),
  ];
}

/** The same job with pkijs: digest of the file, parse, verify against the one certificate. */
async function verifyWithPkijs(signed: Uint8Array, parts: Parts, certificate: Certificate): Promise<void> {
  hash('sha256', signed, 'hex');
  const { result } = fromBER(new Uint8Array(parts.message));
  const signedData = new SignedData({ schema: new ContentInfo({ schema: result }).content });
  // Without this it says "No certificates attached".
  signedData.certificates = [certificate];
  const data = new OctetString({ valueHex: new Uint8Array(parts.payload) }).valueBlock.valueHexView;
  const good = await signedData.verify({ signer: 0, data: new Uint8Array(data).buffer, checkChain: false });
  if (!good) throw new Error('pkijs refused');
}

async function smallRows(context: BenchContext, trust: Trust): Promise<BenchRow[]> {
  await using folder = await tempFolder('klpkit-bench-');
  const signed = await signTestModule(tinyModule({ size: 20 * 1024 }), authority, { hash: 'sha512' });
  const parts = cut(signed);
  const certificate = Certificate.fromBER(new Uint8Array(authority.certificateDer));
  const ours = (): Promise<unknown> => verifyModule(signed, { trust, sha256: null });
  const pkijs = await context.compare({ ours, peer: () => verifyWithPkijs(signed, parts, certificate) });
  const file = (fileName: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder.path, fileName), content);
    return join(folder.path, fileName);
  };
  const pem = file('c.pem', authority.certificate);
  const argv = [
    'cms',
    '-verify',
    '-inform',
    'DER',
    '-in',
    file('m.der', parts.message),
    '-content',
    file('m.ko', parts.payload),
  ];
  argv.push('-certfile', pem, '-CAfile', pem, '-nointern', '-binary', '-purpose', 'any', '-out', '/dev/null');
  const rows = [
    context.row({ what: '20 KiB, RSA-4096/SHA-512, against pkijs end to end', result: pkijs, target: { minRatio: 4 } }),
  ];
  if (spawnSync('openssl', argv).status !== 0) {
    return [
      ...rows,
      context.row({ what: '20 KiB; openssl is not on this machine', result: await context.measure(ours) }),
    ];
  }
  const openssl = await context.compare({ ours, peer: () => spawnSync('openssl', argv) });
  return [
    ...rows,
    context.row({ what: '20 KiB, against spawning openssl cms -verify', result: openssl, target: { minRatio: 10 } }),
  ];
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  if (!new X509Certificate(authority.certificate).verify(createPublicKey(authority.certificate)))
    throw new Error('bad key');
  const trust = await parseTrust({ certificates: [authority.certificate] });
  return [...(await largeRows(context, trust)), ...(await smallRows(context, trust))];
}
