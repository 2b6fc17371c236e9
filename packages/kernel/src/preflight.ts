import { type Certificate, checkTarget, type VerifiedModule } from '@klpkit/payload';
import { contextOf } from './context.ts';
import type { KernelInfo, PatchInfo } from './info-types.ts';
import { findProbes } from './kprobes.ts';
import { readOptionalFile } from './kernel-file.ts';
import type { KernelOptions, KernelRoot } from './options.ts';
import { readCounters } from './read-counters.ts';
import { readKernelInfo } from './read-kernel-info.ts';
import { readPatches } from './read-patches.ts';
import { isAlarming, taintsOf } from './taint.ts';
import { listKeyTails } from './trusted-keys.ts';

/** Why a load would fail, or should be thought over. */
export type PreflightCode =
  | 'NOT_A_LIVEPATCH'
  | 'NO_LIVEPATCH_SUPPORT'
  | 'WRONG_ARCH'
  | 'WRONG_RELEASE'
  | 'WRONG_VERMAGIC'
  | 'MODULES_DISABLED'
  | 'ALREADY_LOADED'
  | 'NAME_STUCK'
  | 'MODULE_STUCK'
  | 'TRANSITION_UNDER_WAY'
  | 'FTRACE_DISABLED'
  | 'SIGNATURE_ENFORCED'
  | 'SIGNER_NOT_LISTED'
  | 'TAINTED'
  | 'SAME_FUNCTION'
  | 'KPROBE'
  | 'LOW_MEMORY';

/** One finding of {@link preflight}. */
export interface PreflightReason {
  readonly code: PreflightCode;
  /** A sentence with the next step. */
  readonly message: string;
  /** True where the load would fail, or harm; false for what is worth knowing. */
  readonly blocking: boolean;
}

/** The answer of {@link preflight}. */
export interface Preflight {
  /** No blocking reason. */
  readonly ok: boolean;
  readonly reasons: readonly PreflightReason[];
}

/** Memory that must be available besides the module's own size: page tables, ftrace, the inserter process. */
const reserveBytes = 64 * 1024 * 1024;

/**
 * Looks for all that is known to make a load fail, without touching the kernel: wrong kernel, transition under way, ftrace off,
 * stuck modules, signature enforcement, kprobes and other livepatches on the same functions, taint, memory. A yes is no promise:
 * only the kernel knows its keys and symbols.
 *
 * @throws {@link KernelError} `IO`, `PERMISSION_DENIED`, `UNEXPECTED_SYSFS_VALUE`.
 *
 * @example
 * ```ts
 * import { preflight } from '@klpkit/kernel';
 * import type { VerifiedModule } from '@klpkit/payload';
 *
 * export async function mayLoad(module: VerifiedModule): Promise<boolean> {
 *   const { ok, reasons } = await preflight(module);
 *   for (const reason of reasons) console.log(reason.code, reason.message);
 *   return ok;
 * }
 * ```
 */
export async function preflight(module: PreflightModule, options: KernelOptions = {}): Promise<Preflight> {
  const { root } = contextOf(options);
  const info = await readKernelInfo(options);
  const patches = await readPatches(options);
  const { tainted } = await readCounters(options);
  const reasons = [
    ...targetReasons(module, info),
    ...nameReasons(module, info, root),
    ...kernelReasons(info, patches),
    ...signatureReasons(module, info, root),
    ...functionReasons(module, patches, root),
    ...taintReasons(tainted),
    ...memoryReasons(module, root),
  ];
  return { ok: reasons.every(({ blocking }) => !blocking), reasons };
}

/** What {@link preflight} reads of a module: a verified one, or what `parseModule` tells. */
export type PreflightModule = Pick<VerifiedModule, 'name' | 'arch' | 'vermagic' | 'livepatch' | 'objects' | 'size'> & {
  readonly signer?: Pick<Certificate, 'subject' | 'ski'>;
};

const blocking = (code: PreflightCode, message: string): PreflightReason => ({ code, message, blocking: true });
const worthKnowing = (code: PreflightCode, message: string): PreflightReason => ({ code, message, blocking: false });

function targetReasons(module: PreflightModule, info: KernelInfo): PreflightReason[] {
  const reasons: PreflightReason[] = [];
  if (!module.livepatch) {
    reasons.push(blocking('NOT_A_LIVEPATCH', `Module ${module.name} is no livepatch: only livepatches are loaded.`));
  }
  if (!info.livepatch) {
    const message = `Kernel ${info.release} has no livepatching (CONFIG_LIVEPATCH): use a kernel that has it.`;
    reasons.push(blocking('NO_LIVEPATCH_SUPPORT', message));
  }
  const fit = checkTarget(module, { release: info.release, arch: info.arch });
  if (!fit.fits) reasons.push(blocking(fit.reason, fit.message));
  return reasons;
}

function nameReasons(module: PreflightModule, info: KernelInfo, root: KernelRoot): PreflightReason[] {
  const reasons: PreflightReason[] = [];
  const state = readOptionalFile(`${root.sysfs}/module/${module.name}/initstate`);
  if (state === 'live') {
    reasons.push(blocking('ALREADY_LOADED', `A module ${module.name} is loaded: disable and remove it first.`));
  }
  for (const stuck of info.stuckModules) {
    const message = `Module ${stuck} is in "coming": its load is under way, died or hangs. If it stays so, reboot.`;
    reasons.push(blocking(stuck === module.name ? 'NAME_STUCK' : 'MODULE_STUCK', message));
  }
  return reasons;
}

function kernelReasons(info: KernelInfo, patches: readonly PatchInfo[]): PreflightReason[] {
  const reasons: PreflightReason[] = [];
  for (const { name } of patches.filter(({ transition }) => transition === true)) {
    const message = `Livepatch ${name} is in transition, and only one may be: wait for its end, or reverse it.`;
    reasons.push(blocking('TRANSITION_UNDER_WAY', message));
  }
  if (info.ftraceEnabled === false) {
    reasons.push(
      blocking('FTRACE_DISABLED', 'kernel.ftrace_enabled is 0: set it to 1, a livepatch cannot redirect without.'),
    );
  }
  if (info.modulesDisabled === true) {
    reasons.push(blocking('MODULES_DISABLED', 'kernel.modules_disabled is 1: no module can be loaded until a reboot.'));
  }
  return reasons;
}

/** Where the kernel itself demands a signature it trusts, the signer's key is looked for among those it lists. */
function signatureReasons(module: PreflightModule, info: KernelInfo, root: KernelRoot): PreflightReason[] {
  const lockedDown = info.lockdown !== null && info.lockdown !== 'none';
  if (info.sigEnforce !== true && !lockedDown) return [];
  const why = info.sigEnforce === true ? 'module.sig_enforce is on' : `lockdown is at ${info.lockdown}`;
  const message = `Because ${why}, the kernel itself must trust the signer: see its keys in /proc/keys.`;
  const enforced = worthKnowing('SIGNATURE_ENFORCED', message);
  const { subject, ski } = module.signer ?? {};
  const tails = listKeyTails(root);
  if (typeof ski !== 'string' || tails.length === 0 || tails.some((tail) => ski.endsWith(tail))) return [enforced];
  const missing = `No key of /proc/keys is that of "${subject}": enrol its certificate, or the load ends in EKEYREJECTED.`;
  return [enforced, worthKnowing('SIGNER_NOT_LISTED', missing)];
}

function functionReasons(module: PreflightModule, patches: readonly PatchInfo[], root: KernelRoot): PreflightReason[] {
  if (module.objects === 'unknown') return [];
  const reasons: PreflightReason[] = [];
  const probes = findProbes(root);
  for (const object of module.objects) {
    for (const { name } of object.functions) {
      for (const patch of patches) {
        if (!patchesFunction(patch, object.name, name)) continue;
        const message = `Livepatch ${patch.name} patches ${name} too: the newer one will win, unless one replaces all.`;
        reasons.push(worthKnowing('SAME_FUNCTION', message));
      }
      if (!probes.has(name)) continue;
      reasons.push(worthKnowing('KPROBE', `A kprobe sits on ${name}: it will no longer fire, or keep the patch out.`));
    }
  }
  return reasons;
}

function patchesFunction(patch: PatchInfo, object: string, name: string): boolean {
  const found = patch.objects.find((candidate) => candidate.name === object);
  return found?.functions.some((entry) => entry.startsWith(`${name},`)) ?? false;
}

function taintReasons(tainted: number): PreflightReason[] {
  const flags = taintsOf(tainted).filter(isAlarming);
  if (flags.length === 0) return [];
  const names = flags.map(({ name }) => name).join(', ');
  return [
    worthKnowing('TAINTED', `The kernel is tainted (${names}): trouble after the load may be older than the load.`),
  ];
}

function memoryReasons(module: PreflightModule, root: KernelRoot): PreflightReason[] {
  const match = /^MemAvailable:\s+(\d{1,15}) kB$/m.exec(readOptionalFile(`${root.procfs}/meminfo`) ?? '');
  if (match === null) return [];
  const availableBytes = Number(match[1]) * 1024;
  const neededBytes = module.size * 4 + reserveBytes;
  if (availableBytes >= neededBytes) return [];
  const megabytes = (bytes: number): number => Math.round(bytes / 1_048_576);
  const message = `${megabytes(availableBytes)} MiB of memory are available, ${megabytes(neededBytes)} should be: free some.`;
  return [blocking('LOW_MEMORY', message)];
}
