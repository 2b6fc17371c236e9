import { gzipSync, zstdCompressSync } from 'node:zlib';
import { inspectModule, isVerifyError, parseTrust, verifyModule } from '@klpkit/payload';
import { makeAuthority, type TestAuthority, testAuthority } from './authority.ts';
import { appendSignature, cmsMessage, type TestSigner } from './cms-message.ts';
import { mutate } from './mutate.ts';
import { type Random, seededRandom } from './random.ts';
import { patchModules } from './patch-modules.ts';
import { tinyModule } from './tiny-module.ts';

/** How one hostile input ended. */
export interface HostileOutcome {
  /** `signers`: a message with two, of which one may be damaged beyond recognition and the other is still good. */
  readonly kind: 'signature' | 'signers' | 'elf' | 'certificate' | 'compressed';
  /** Code of the error; `null` where the input was still taken (damage to what nobody reads). */
  readonly code: string | null;
  /** An error that is none of the package's: what must not be. */
  readonly unexpected: unknown;
  readonly elapsedMs: number;
  /** Runs the same input again and gives the time. */
  repeat(): Promise<number>;
}

interface Seed {
  readonly kind: HostileOutcome['kind'];
  readonly bytes: Uint8Array;
  run(mutated: Uint8Array): Promise<unknown>;
}

async function signatureSeeds(authorities: readonly TestAuthority[]): Promise<Seed[]> {
  const payload = tinyModule();
  const leaf = makeAuthority({ algorithm: 'p-256', name: 'leaf', issuer: testAuthority('p-384') });
  const trust = await parseTrust({ certificates: authorities.map((one) => one.certificate) });
  const one = (signer: TestSigner, ...certificates: Uint8Array[]): { kind: 'signature'; bytes: Uint8Array } => ({
    kind: 'signature',
    bytes: cmsMessage({ payload, signers: [signer], certificates }),
  });
  const both = authorities.slice(0, 2).map((authority): TestSigner => ({ authority, identifier: 'key-id' }));
  const messages: readonly Pick<Seed, 'kind' | 'bytes'>[] = [
    ...authorities.map((authority) => one({ authority })),
    { kind: 'signers', bytes: cmsMessage({ payload, signers: both }) },
    one({ authority: leaf }, leaf.certificateDer),
    one({ authority: testAuthority('ml-dsa-44'), attributes: [] }),
  ];
  return messages.map(({ kind, bytes }) => ({
    kind,
    bytes,
    run: (mutated) => verifyModule(appendSignature(payload, mutated), { trust, sha256: null }),
  }));
}

async function makeSeeds(): Promise<readonly [Seed, ...Seed[]]> {
  const authorities = [testAuthority('rsa-2048'), testAuthority('p-256'), testAuthority('p-384')];
  const inspect = (bytes: Uint8Array): Promise<unknown> => inspectModule(bytes, { maxBytes: 1024 * 1024 });
  const modules = [tinyModule({ versions: [{ name: 'module_layout', crc: 1 }] }), ...patchModules()];
  const elf: Seed[] = modules.map((bytes) => ({ kind: 'elf', bytes, run: inspect }));
  const certificates: Seed[] = [...authorities, makeAuthority({ issuer: testAuthority('p-384') })].map((one) => ({
    kind: 'certificate',
    bytes: one.certificateDer,
    run: (mutated) => parseTrust({ certificates: [mutated] }),
  }));
  const compressed: Seed[] = [gzipSync(modules[0] ?? ''), zstdCompressSync(modules[0] ?? '')].map((bytes) => ({
    kind: 'compressed',
    bytes: new Uint8Array(bytes),
    run: inspect,
  }));
  const [first, ...rest] = [...(await signatureSeeds(authorities)), ...elf, ...certificates];
  if (first === undefined) throw new Error('no seed');
  return [first, ...rest, ...compressed];
}

async function attempt(seed: Seed, mutated: Uint8Array): Promise<Omit<HostileOutcome, 'kind' | 'repeat'>> {
  const start = performance.now();
  try {
    await seed.run(mutated);
    return { code: null, unexpected: null, elapsedMs: performance.now() - start };
  } catch (error) {
    const elapsedMs = performance.now() - start;
    const known = isVerifyError(error);
    return { code: known ? error.code : null, unexpected: known ? null : error, elapsedMs };
  }
}

async function runOne(seed: Seed, random: Random): Promise<HostileOutcome> {
  const mutated = mutate(seed.bytes, random);
  const ended = await attempt(seed, mutated);
  return { kind: seed.kind, ...ended, repeat: async () => (await attempt(seed, mutated)).elapsedMs };
}

/** Runs damaged signatures, ELF files, certificates and compressed files through the payload package, one after another. */
export async function* hostilePayloads(options: {
  readonly count: number;
  readonly seed: number;
}): AsyncGenerator<HostileOutcome, void, undefined> {
  const seeds = await makeSeeds();
  const random = seededRandom(options.seed);
  for (let index = 0; index < options.count; index++) yield await runOne(random.pick(seeds), random);
}
