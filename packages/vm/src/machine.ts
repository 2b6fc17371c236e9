import { type ControlEvent, readControl, sendPowerOff, sendProgram, shellScript } from './control-channel.ts';
import type { BootableKernel } from './kernel.ts';
import { createKeptLines, createLineLog, createLineSplitter } from './lines.ts';
import type { QemuProcess } from './qemu-process.ts';
import type { ProgramExit, RunOptions, Vm, VmExit } from './vm.ts';
import { VmError } from './vm-error.ts';

/** The kernel's own line (kernel/panic.c), after the stamp. */
const panicPattern = /Kernel panic - not syncing: .*/;
const defaultTimeoutMs = 600_000;

export interface MachineOptions {
  /** What runs the CPUs; `tcg` unless told. */
  readonly accelerator?: 'tcg' | 'kvm';
  readonly timeoutMs?: number;
  readonly onConsoleLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** A machine from its start on: `vm` is what the caller of `bootVm` gets once it is ready. */
export interface Machine {
  readonly vm: Vm;
  /** Resolves when the guest was ready for the n-th time; rejects with the signal's reason or when the machine ends. */
  ready(boots: number, signal: AbortSignal): Promise<void>;
  tail(): readonly string[];
}

/** What is known of a machine while it runs. One object, so that each of the functions below is small. */
interface State {
  readonly kernel: BootableKernel;
  readonly qemu: QemuProcess;
  readonly log: ReturnType<typeof createLineLog>;
  readonly exit: Promise<VmExit>;
  /** Why it is about to end, as far as that is known: the first cause wins, but for `powered-off`. */
  cause: VmExit | undefined;
  boots: number;
  programs: number;
  /** Takes what the control channel says, while a program runs. */
  onEvent: ((event: ControlEvent) => void) | undefined;
  /** Called when the guest becomes ready, panics or goes. */
  readonly watchers: Set<() => void>;
}

export function createMachine(kernel: BootableKernel, qemu: QemuProcess, options: MachineOptions): Machine {
  const exit = Promise.withResolvers<VmExit>();
  const state: State = {
    kernel,
    qemu,
    log: createLineLog(),
    exit: exit.promise,
    cause: undefined,
    boots: 0,
    programs: 0,
    onEvent: undefined,
    watchers: new Set(),
  };
  followConsole(state, options);
  readControl(qemu.control, (event) => {
    if (event.kind === 'ready') {
      state.boots++;
      state.cause = undefined; // a panic that the machine came back from is no end of it
      notify(state);
    }
    state.onEvent?.(event);
  });
  void settle(state, options, exit.resolve);
  return {
    vm: vmOf(state, options.accelerator ?? 'tcg'),
    ready: (boots, signal) => ready(state, boots, signal),
    tail: () => state.log.tail(40),
  };
}

/** Waits for the end of QEMU, which the machine's time and signal bring about. */
async function settle(state: State, options: MachineOptions, done: (exit: VmExit) => void): Promise<void> {
  const limitMs = options.timeoutMs ?? defaultTimeoutMs;
  const timer = setTimeout(() => end(state, { kind: 'timed-out', afterMs: limitMs }), limitMs);
  const abort = (): void => end(state, { kind: 'killed' });
  options.signal?.addEventListener('abort', abort, { once: true });
  const { failure } = await state.qemu.ended;
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', abort);
  state.log.end();
  done(state.cause ?? (failure === undefined ? { kind: 'powered-off' } : { kind: 'failed', message: failure }));
  notify(state);
}

function vmOf(state: State, accelerator: Vm['accelerator']): Vm {
  const kill = (): Promise<VmExit> => {
    end(state, { kind: 'killed' });
    return state.exit;
  };
  return {
    kernel: state.kernel,
    accelerator,
    pid: state.qemu.pid,
    console: state.log,
    exit: state.exit,
    run: (command, options = {}) => run(state, command, options),
    rebooted: (options = {}) => rebooted(state, options),
    powerOff: async () => {
      refuseWhileBusy(state);
      sendPowerOff(state.qemu.control);
      return state.exit;
    },
    kill,
    [Symbol.asyncDispose]: async () => void (await kill()),
  };
}

function notify(state: State): void {
  for (const watcher of state.watchers) watcher();
}

function end(state: State, cause: VmExit): void {
  state.cause ??= cause;
  state.qemu.kill();
}

function followConsole(state: State, options: MachineOptions): void {
  const splitter = createLineSplitter((line) => {
    state.log.append(line);
    const panic = panicPattern.exec(line)?.[0];
    if (panic !== undefined && !panic.startsWith('---[')) {
      state.cause ??= { kind: 'panicked', message: panic };
      notify(state);
    }
    options.onConsoleLine?.(line);
  });
  state.qemu.console.setEncoding('utf8');
  state.qemu.console.on('data', (text: string) => splitter.push(text));
  state.qemu.console.on('end', () => splitter.flush());
}

async function ready(state: State, boots: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const check = (): void => void (state.boots >= boots && resolve());
  const abort = (): void => reject(signal.reason);
  state.watchers.add(check);
  signal.addEventListener('abort', abort, { once: true });
  void state.exit.then((exit) =>
    reject(new VmError('BOOT_FAILED', `the machine is gone (${exit.kind}); boot it again`)),
  );
  if (signal.aborted) abort();
  check();
  try {
    await promise;
  } finally {
    state.watchers.delete(check);
    signal.removeEventListener('abort', abort);
  }
}

async function rebooted(
  state: State,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
): Promise<void> {
  const signals = [
    AbortSignal.timeout(options.timeoutMs ?? 120_000),
    ...(options.signal === undefined ? [] : [options.signal]),
  ];
  await ready(state, state.boots + 1, AbortSignal.any(signals));
}

/** The agent in the guest does one thing at a time. */
function refuseWhileBusy(state: State): void {
  if (state.onEvent === undefined) return;
  throw new VmError('BUSY', 'a program runs in this machine already; wait for it, or kill the machine');
}

async function run(state: State, command: readonly string[], options: RunOptions): Promise<ProgramExit> {
  options.signal?.throwIfAborted();
  if (command.length === 0) throw new TypeError('an empty command cannot be run');
  refuseWhileBusy(state);
  const id = ++state.programs;
  const output = createKeptLines();
  const ended = Promise.withResolvers<ProgramExit>();
  state.onEvent = (event) => {
    if (event.kind === 'exit' && event.id === id)
      ended.resolve({ kind: 'exited', exitCode: event.exitCode, lines: output.lines });
    if (event.kind !== 'line') return;
    output.push(event.line);
    options.onLine?.(event.line);
  };
  const stop = watchEnd(state, options, (exit) => ended.resolve({ ...exit, lines: output.lines }));
  sendProgram(state.qemu.control, id, shellScript(command, options));
  try {
    const exit = await ended.promise;
    options.signal?.throwIfAborted();
    return exit;
  } finally {
    stop();
    state.onEvent = undefined;
  }
}

/** A {@link ProgramExit} without the lines. */
type EarlyEnd =
  | { kind: 'panicked'; message: string }
  | { kind: 'powered-off' }
  | { kind: 'timed-out'; afterMs: number };

/** Watches for all that ends a program besides itself. */
function watchEnd(state: State, options: RunOptions, onEnd: (end: EarlyEnd) => void): () => void {
  const { timeoutMs, signal } = options;
  const check = (): void => {
    if (state.cause?.kind === 'panicked') onEnd({ kind: 'panicked', message: state.cause.message });
  };
  const abort = (): void => end(state, { kind: 'killed' });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => end(state, { kind: 'timed-out', afterMs: timeoutMs }), timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  state.watchers.add(check);
  void state.exit.then((exit) =>
    onEnd(exit.kind === 'panicked' || exit.kind === 'timed-out' ? exit : { kind: 'powered-off' }),
  );
  check();
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    state.watchers.delete(check);
  };
}
