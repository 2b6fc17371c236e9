import { readFile } from 'node:fs/promises';
import { createInserter, createKoffiLoader, type KernelOptions, type ModuleLoader } from '@klpkit/kernel';
import { parseTrust, type Trust, type VerifiedModule, verifyModule } from '@klpkit/payload';
import type { Worker } from '../../workload/worker.ts';
import { startWorker } from '../../workload/worker.ts';
import type { WorkloadName } from '../../workload/workload.ts';
import type { LoadPlan, PlannedModule } from '../load-plan.ts';

/** What the steps of one load test share. */
export interface LoadTest {
  readonly plan: LoadPlan;
  readonly patch: VerifiedModule;
  /** The running kernel unless told. */
  readonly kernel: KernelOptions;
  /** The work that calls the patched functions, found in the first step that works. */
  names: readonly WorkloadName[];
  /** Median time of a round before the load, by work; and with the patch. */
  readonly before: Map<string, number>;
  readonly patched: Map<string, number>;
  /** Modules that are loaded now, oldest first. */
  readonly loaded: Set<string>;
  module(planned: PlannedModule): Promise<VerifiedModule>;
  /**
   * What inserts or removes a module: a process of its own the first time that the patch's init or exit runs, as it may take its
   * caller down; this process from then on, which saves the start of another one.
   */
  loader(move: 'insert' | 'remove', name: string): Promise<ModuleLoader>;
  /** The working process; a fresh one where the last was lost. */
  worker(): Promise<Worker>;
  endWorker(): void;
}

export async function openLoadTest(plan: LoadPlan, kernel: KernelOptions = {}): Promise<LoadTest> {
  const trust = await parseTrust({ certificates: [await readFile(plan.certificate)] });
  let worker: Worker | undefined;
  const patch = await verified(plan.patch, trust);
  const proven = new Set<string>();
  return {
    plan,
    patch,
    kernel,
    names: [],
    before: new Map(),
    patched: new Map(),
    loaded: new Set(),
    module: (planned) => verified(planned, trust),
    async loader(move, name) {
      if (kernel.loader !== undefined) return kernel.loader;
      const isFirst = name === patch.name && !proven.has(move);
      if (isFirst) proven.add(move);
      return isFirst ? createInserter() : createKoffiLoader();
    },
    worker: async () => (worker ??= await startWorker()),
    endWorker() {
      worker?.kill();
      worker = undefined;
    },
  };
}

async function verified({ path }: PlannedModule, trust: Trust): Promise<VerifiedModule> {
  return verifyModule(await readFile(path), { trust, sha256: null });
}
