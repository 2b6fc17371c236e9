import { type BootOptions, bootVm, describeExit, type PreparedKernel, type Vm } from '@klpkit/vm';
import { buildClientRoot, clientConfig, clientProgram, type VmClientOptions } from './vm-root.ts';

/** One real machine: QEMU, a real kernel, the example client. */
export interface VmMachineOptions extends Omit<VmClientOptions, 'serverUrl'> {
  /** As the host sees it: `https://127.0.0.1:PORT`. The server's certificate must name {@link hostSeenFromVm}. */
  readonly serverUrl: string;
  /** A kernel that trusts the key behind `trust`; see `kernelThatTrusts`. */
  readonly kernel: PreparedKernel;
  /** For the root disk. */
  readonly folder: string;
  /** Sees what the client prints and what the kernel says about livepatches, as it comes. */
  readonly onLine?: (line: VmLine) => void;
  readonly signal: AbortSignal;
}

/** A line that a person may want to see. */
export type VmLine =
  | { readonly from: 'client'; readonly line: string }
  | { readonly from: 'kernel'; readonly line: string }
  | { readonly from: 'demo'; readonly line: string };

/** What became of it. */
export interface VmMachineResult {
  /** `uname -r` in the machine. */
  readonly release: string;
  /** /proc/cmdline before and after: the patched function prints it. */
  readonly cmdlineBefore: string;
  readonly cmdlineAfter: string;
  /** /sys/kernel/livepatch after: the applied patches. */
  readonly patches: readonly string[];
  /** The client's exit code; see its README. */
  readonly exitCode: number;
}

/** The host's loopback as the machine sees it (QEMU's user-mode network). */
export const hostSeenFromVm = '10.0.2.2';

/** A machine that takes longer than this to take one patch is stuck. */
const LIMIT_MS = 400_000;

/**
 * Boots the kernel under `sig_enforce=1`, lets the client check, download over TLS, verify, insert, watch and report once, and
 * reads off the machine itself whether its kernel is patched.
 */
export async function runVmMachine(options: VmMachineOptions): Promise<VmMachineResult> {
  const { kernel, folder, onLine = () => {}, signal } = options;
  const serverUrl = new URL(options.serverUrl);
  serverUrl.hostname = hostSeenFromVm;
  const root = await buildClientRoot({ ...options, serverUrl: serverUrl.href }, folder, signal);
  onLine({ from: 'demo', line: `booting Linux ${kernel.release} in QEMU` });
  const boot: BootOptions = {
    root,
    network: 'user',
    append: 'module.sig_enforce=1',
    timeoutMs: LIMIT_MS,
    onConsoleLine: (line) => {
      if (/livepatch: |klpkit_/.test(line)) onLine({ from: 'kernel', line });
    },
    signal,
  };
  const first = await runClient(kernel, boot, onLine);
  if (first.begun) return first.result;
  // Nothing has happened yet that the second boot would do twice: the client reports nothing before it logs.
  onLine({ from: 'demo', line: `${first.died}: booting once more` });
  const second = await runClient(kernel, boot, onLine);
  if (second.begun) return second.result;
  throw new Error(`the client died twice before it began: ${first.died}; ${second.died}`);
}

/** What became of one boot; a client that never began has told nothing about the kernel or the patch. */
type Attempt =
  | { readonly begun: true; readonly result: VmMachineResult }
  | { readonly begun: false; readonly died: string };

async function runClient(kernel: PreparedKernel, boot: BootOptions, onLine: (line: VmLine) => void): Promise<Attempt> {
  const vm = await bootVm(kernel, boot);
  try {
    const [release = ''] = await linesOf(vm, 'uname', '-r');
    const [cmdlineBefore = ''] = await linesOf(vm, 'cat', '/proc/cmdline');
    const command = ['node', '--conditions=@klpkit/source', clientProgram, '--config', clientConfig, '--once'];
    let begun = false;
    const exit = await vm.run(command, {
      onLine: (line) => {
        begun ||= line.startsWith('{'); // the client's first log record
        onLine({ from: 'client', line });
      },
    });
    if (exit.kind !== 'exited') throw new Error(`the machine went down under the client: ${describeExit(exit)}`);
    if (!begun) return { begun, died: `the client ended with ${describeExit(exit)} before its first word` };
    const [cmdlineAfter = ''] = await linesOf(vm, 'cat', '/proc/cmdline');
    const patches = await linesOf(vm, 'ls', '/sys/kernel/livepatch');
    return { begun, result: { release, cmdlineBefore, cmdlineAfter, patches, exitCode: exit.exitCode } };
  } finally {
    await vm.kill();
  }
}

const linesOf = async (vm: Vm, ...command: string[]): Promise<readonly string[]> => (await vm.run(command)).lines;
