import {
  kernelSchema,
  archSchema,
  parseEndOfLifeNotice,
  parseRelease,
  releaseKey,
  type EndOfLifeNotice,
  type Release,
} from '@klpkit/release';
import { parseRollout, type Rollout } from '@klpkit/rollout';
import * as z from 'zod';
import { RepositoryError } from './error.ts';

/** All that is published for one kernel: the target `releases/ARCH/KERNEL.json`. */
export interface KernelReleases {
  readonly type: 'releases';
  readonly spec: 1;
  readonly kernel: string;
  readonly arch: string;
  /** In the order of publication, the newest last. */
  readonly releases: readonly Release[];
  /** When coverage of this kernel ends, where that was announced. */
  readonly endOfLife: EndOfLifeNotice | null;
}

/** How far each of a kernel's releases is: the target `rollout/ARCH/KERNEL.json`. */
export interface KernelRollouts {
  readonly type: 'rollouts';
  readonly spec: 1;
  readonly kernel: string;
  readonly arch: string;
  readonly rollouts: readonly Rollout[];
}

/** Most releases of one kernel. */
export const maxReleasesPerKernel = 1000;

/** Longest document, bytes. */
export const maxDocumentBytes = 4_194_304;

const head = { spec: z.literal(1), kernel: kernelSchema, arch: archSchema };
const releasesShape = z.strictObject({
  type: z.literal('releases'),
  ...head,
  releases: z.array(z.unknown()).max(maxReleasesPerKernel),
  endOfLife: z.unknown(),
});
const rolloutsShape = z.strictObject({
  type: z.literal('rollouts'),
  ...head,
  rollouts: z.array(z.unknown()).max(maxReleasesPerKernel),
});

/** Reads a kernel's releases. Each must be of that very kernel: a target that names another one is mixed up or forged. */
export function parseKernelReleases(bytes: Uint8Array, subject: string): KernelReleases {
  const { releases, endOfLife, ...rest } = read(releasesShape, bytes, subject);
  const parsed = releases.map((item) => wrap(subject, () => parseRelease(item)));
  const notice = endOfLife === null ? null : wrap(subject, () => parseEndOfLifeNotice(endOfLife));
  const isHere = (item: { kernel: string; arch: string }) => item.kernel === rest.kernel && item.arch === rest.arch;
  if (!parsed.every(isHere) || (notice !== null && !isHere(notice)))
    throw malformed(subject, 'it names another kernel');
  if (new Set(parsed.map(releaseKey)).size !== parsed.length) throw malformed(subject, 'it names a release twice');
  return { ...rest, releases: parsed, endOfLife: notice };
}

/** Reads the rollout state of a kernel's releases. */
export function parseKernelRollouts(bytes: Uint8Array, subject: string): KernelRollouts {
  const { rollouts, ...rest } = read(rolloutsShape, bytes, subject);
  const parsed = rollouts.map((item) => wrap(subject, () => parseRollout(item)));
  if (new Set(parsed.map(({ release }) => release)).size !== parsed.length)
    throw malformed(subject, 'it names a release twice');
  return { ...rest, rollouts: parsed };
}

/** JSON of a document's bytes. */
export function parseJson(bytes: Uint8Array, subject: string): unknown {
  return wrap(subject, (): unknown => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
}

/** A document's bytes. */
export function encodeDocument(document: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(document)}\n`);
}

/** Turns whatever a parser throws into this package's error. */
export function wrap<T>(subject: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw malformed(subject, cause instanceof Error ? cause.message : 'it cannot be read', cause);
  }
}

function read<T>(shape: z.ZodType<T>, bytes: Uint8Array, subject: string): T {
  const result = shape.safeParse(parseJson(bytes, subject));
  if (result.success) return result.data;
  throw malformed(subject, z.prettifyError(result.error), result.error);
}

function malformed(subject: string, why: string, cause?: unknown): RepositoryError {
  return new RepositoryError('MALFORMED', `${subject} is not what it should be: ${why}. Have it published again.`, {
    subject,
    cause,
  });
}
