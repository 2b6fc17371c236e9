import type { KernelOptions } from '@klpkit/kernel';
import type { VerifiedModule } from '@klpkit/payload';
import type { ComplianceCase } from './compliance-case.ts';
import { lifeCases } from './kernel-compliance-life.ts';
import { logCases } from './kernel-compliance-log.ts';
import { refusalCases } from './kernel-compliance-refusals.ts';
import { stallCases } from './kernel-compliance-stalls.ts';

/** A kernel under test: a real one or a fake. Nothing may be loaded when a case begins. */
export interface KernelSubject {
  readonly options: KernelOptions;
  /** A livepatch that applies. */
  readonly patch: VerifiedModule;
  /** One that replaces all others when it applies. */
  readonly replacement: VerifiedModule;
  /** One whose init returns an error, the error, and the line its refusal leaves in the log; null for none. */
  readonly refused: { readonly module: VerifiedModule; readonly errno: string; readonly kernelLine: RegExp | null };
  /** One whose transition is blocked by a task of that name until `leave` is called; it may be put there by `block`. */
  readonly stalling: StallingPatch;
}

/** A livepatch whose transition does not end by itself. */
export interface StallingPatch {
  readonly module: VerifiedModule;
  /** Name of a task that blocks. */
  readonly comm: string;
  /** Makes the tasks block from the next insertion on. */
  block(): Promise<void>;
  /** Lets the tasks go; harmless where none is blocked. */
  leave(): Promise<void>;
}

/** Makes a case of a name and what is done with the subject. */
export type MakeCase = (name: string, run: (subject: KernelSubject) => Promise<void>) => ComplianceCase;

/**
 * What the functions of `@klpkit/kernel` must see on every kernel of 4.12 or later, real or fake. `setup` gives a fresh subject for
 * each case; cases run one after another.
 */
export function kernelCompliance(setup: () => Promise<KernelSubject>): readonly ComplianceCase[] {
  const make: MakeCase = (name, run) => ({ name, run: async () => run(await setup()) });
  return [...lifeCases(make), ...refusalCases(make), ...stallCases(make), ...logCases(make)];
}
