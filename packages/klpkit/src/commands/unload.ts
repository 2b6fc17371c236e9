import { isKernelError, type KernelOptions, removeModule, setPatchEnabled } from '@klpkit/kernel';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { withRefusals } from '../kernel-answer.ts';
import { defaultWaitSeconds, readWait, waitForTransition } from '../wait-for-transition.ts';

/** A patch that was disabled or replaced has no sysfs entry any more, while its module is still to be removed. */
async function disable(name: string, kernel: KernelOptions): Promise<void> {
  try {
    await setPatchEnabled(name, false, kernel);
  } catch (error) {
    if (!isKernelError(error, 'NOT_LOADED')) throw error;
  }
}

async function unload(session: Session, name: string, options: { readonly wait: string }): Promise<ExitCode> {
  const kernel: KernelOptions = { ...session.terminal.kernel, signal: session.terminal.signal };
  const waitMs = readWait(options.wait);
  return withRefusals(session, async () => {
    await disable(name, kernel);
    await waitForTransition(session, name, waitMs, kernel);
    await removeModule(name, kernel);
    session.answer({ ok: true, name, state: 'absent' }, `${name} is disabled and unloaded`);
    return exitCode.yes;
  });
}

/** `klpkit unload NAME` */
export const unloadCommand: CommandFile = (program, define) => {
  const command = program
    .command('unload')
    .description('disable a livepatch, wait until no task runs it, and remove its module')
    .argument('<name>', 'module name, as status shows it')
    .option('--wait <seconds>', 'how long the transition may take', String(defaultWaitSeconds));
  define(command, (session, name: string, options: { readonly wait: string }) => unload(session, name, options));
};
