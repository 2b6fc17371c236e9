import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BootableKernel,
  type BootOptions,
  bootVm,
  buildRoot,
  importKernel,
  isVmError,
  openModules,
  type RootEntry,
  type Vm,
} from '@klpkit/vm';
import type { LoadPlan, PlannedModule } from '../load/load-plan.ts';
import type { Reason } from '../verdict.ts';
import { guestProgram, planEntries } from './guest-entries.ts';
import { type ReadyModule, readyModule } from './ready-module.ts';
import { type Signer, trustFor } from './trusted-kernel.ts';

/** What a bench is set up with. */
export interface BenchOptions {
  /** Folder, tarball, Debian package file or name; see `importKernel`. */
  readonly kernel: string;
  readonly patch: Uint8Array;
  readonly previous?: Uint8Array | undefined;
  readonly next?: Uint8Array | undefined;
  readonly signer?: Signer | undefined;
  /** How the load test goes. */
  readonly settings: Pick<LoadPlan, 'transitionMs' | 'workMs' | 'slowFactor' | 'cyclesUnderWork'>;
  /** What else lies in the machine. */
  readonly entries?: readonly RootEntry[];
  readonly boot?: Pick<BootOptions, 'accelerator' | 'cpus' | 'memoryMiB' | 'cacheFolder'>;
  readonly onProgress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A kernel, a patch and a disk: machines can be booted. */
export interface Bench extends AsyncDisposable {
  readonly kernel: BootableKernel;
  /** The kernel as it was given, before it was made to trust another certificate. */
  readonly stockImage: string;
  readonly patch: ReadyModule;
  /** The program in the machine. */
  readonly command: readonly string[];
  /** Its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly notes: readonly Reason[];
  boot(options?: Partial<BootOptions>): Promise<Vm>;
}

export async function openBench(options: BenchOptions): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'klpkit-qualify-'));
  try {
    return await setUp(options, folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function setUp(options: BenchOptions, folder: string): Promise<Bench> {
  const { signal, onProgress } = options;
  const cacheFolder = options.boot?.cacheFolder;
  const cached = { ...(cacheFolder !== undefined && { cacheFolder }), ...(signal && { signal }) };
  onProgress(`getting the kernel ready: ${options.kernel}`);
  const stock = await importKernel(options.kernel, { into: folder, ...cached });
  const trusted = await trustFor(stock, { signer: options.signer, folder, signal });
  const { kernel } = trusted;
  const ready = (file: Uint8Array | undefined) => (file === undefined ? undefined : readyModule(file, trusted));
  const patch = await readyModule(options.patch, trusted);
  const versions = { patch, previous: await ready(options.previous), next: await ready(options.next) };
  const { drivers, absent } = await targetDrivers(kernel, patch);
  const { entries, command, env } = await guestProgram();
  const { plan, files } = planOf(options, versions, trusted.certificate);
  onProgress('making the disk of the machine');
  const all = [...entries, ...planEntries(plan, files), ...(options.entries ?? [])];
  const root = await buildRoot(all, { image: join(folder, 'root'), ...cached });
  const append = trusted.isEnforcing ? 'module.sig_enforce=1' : '';
  return {
    kernel,
    stockImage: stock.image,
    patch,
    command,
    env,
    notes: [...trusted.notes, ...absent],
    boot: (more = {}) =>
      bootVm(kernel, {
        root,
        append,
        drivers,
        cpus: cpusFor(kernel),
        ...options.boot,
        ...(signal && { signal }),
        ...more,
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Later kernels call the other CPUs for each of the thousands of places that a transition rewrites, which takes minutes under an interpreter. */
const cpusFor = ({ release }: BootableKernel): number => (release.startsWith('6.1.') ? 2 : 1);

/** The modules that are patched are loaded before, so that their functions are redirected too. */
async function targetDrivers(
  kernel: BootableKernel,
  patch: ReadyModule,
): Promise<{ drivers: readonly string[]; absent: readonly Reason[] }> {
  const drivers: string[] = [];
  const absent: Reason[] = [];
  const modules = patch.targets.length === 0 ? undefined : await openModules(kernel);
  for (const name of patch.targets) {
    try {
      await modules?.closure([name]);
      drivers.push(name);
    } catch (error) {
      if (!isVmError(error, 'MODULE_NOT_FOUND')) throw error;
      const message = `The kernel has no module ${name}, so what the patch replaces in it was not tried.`;
      absent.push({ code: 'STEP_NOT_RUN', weight: 'notes', message });
    }
  }
  return { drivers, absent };
}

interface Versions {
  readonly patch: ReadyModule;
  readonly previous: ReadyModule | undefined;
  readonly next: ReadyModule | undefined;
}

function planOf(
  { settings }: BenchOptions,
  { patch, previous, next }: Versions,
  certificate: Uint8Array,
): { plan: LoadPlan; files: ReadonlyMap<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>([['/qualify/certificate.der', certificate]]);
  const add = (role: string, module: ReadyModule): PlannedModule => {
    const path = `/qualify/${role}.ko`;
    files.set(path, module.bytes);
    return { path, module: module.name };
  };
  const plan: LoadPlan = {
    patch: add('patch', patch),
    previous: previous === undefined ? null : add('previous', previous),
    next: next === undefined ? null : add('next', next),
    certificate: '/qualify/certificate.der',
    ...settings,
  };
  return { plan, files };
}
