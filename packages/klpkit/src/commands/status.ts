import {
  type BlockedTask,
  type KernelOptions,
  type PatchInfo,
  readCounters,
  readKernelInfo,
  readPatches,
  readTransition,
  taintsOf,
} from '@klpkit/kernel';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';

async function findBlocked(patches: readonly PatchInfo[], kernel: KernelOptions): Promise<readonly BlockedTask[]> {
  const moving = patches.find(({ transition }) => transition === true);
  if (moving === undefined) return [];
  const state = await readTransition(moving.name, kernel);
  return 'blockedTasks' in state ? state.blockedTasks : [];
}

function patchLine({ name, enabled, transition, stackOrder, replace }: PatchInfo): string {
  const state = transition === true ? (enabled ? 'patching' : 'unpatching') : enabled ? 'enabled' : 'disabled';
  const order = stackOrder === null ? '' : `, number ${stackOrder} of the stack`;
  return `patch       ${name}: ${state}${order}${replace === true ? ', replaces all others' : ''}`;
}

async function status(session: Session): Promise<ExitCode> {
  const kernel: KernelOptions = { ...session.terminal.kernel, signal: session.terminal.signal };
  const { release, arch, livepatch, bootId } = await readKernelInfo(kernel);
  const patches = await readPatches(kernel);
  const blocked = await findBlocked(patches, kernel);
  const counters = await readCounters(kernel);
  const taints = taintsOf(counters.tainted).map(({ letter }) => letter);
  session.answer(
    {
      release,
      arch,
      livepatch,
      patches: patches.map(({ name, enabled, transition, stackOrder, replace }) => ({
        name,
        enabled,
        transition,
        stackOrder,
        replace,
      })),
      blocked: blocked.map(({ pid, tid, comm }) => ({ pid, tid, comm })),
      counters,
      bootId,
    },
    [
      `kernel      ${release} (${arch})${livepatch ? '' : ', without livepatching'}`,
      `boot        ${bootId}`,
      ...(patches.length === 0 ? ['patch       none'] : patches.map(patchLine)),
      ...blocked.map(({ tid, comm }) => `blocked by  ${comm} (${tid})`),
      `taint       ${taints.length === 0 ? 'none' : taints.join('')} (${counters.tainted})`,
      `oopses      ${counters.oops ?? 'not counted'}`,
      `warnings    ${counters.warn ?? 'not counted'}`,
    ].join('\n'),
  );
  return exitCode.yes;
}

/** `klpkit status` */
export const statusCommand: CommandFile = (program, define) => {
  const command = program
    .command('status')
    .description('say what the running kernel is, which livepatches it has and how it feels');
  define<[], object>(command, (session) => status(session));
};
