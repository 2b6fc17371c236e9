import type { ProgramExit, Vm } from '@klpkit/vm';
import { openTranscript } from '../lab.ts';
import { guestProgram } from './bundle.ts';
import { type GuestLine, type GuestOrder, lineMark } from './order.ts';

/** What was seen of one run of the agent in the guest. */
export interface AgentRun {
  readonly exit: ProgramExit['kind'];
  /** All that it said. */
  readonly lines: readonly GuestLine[];
  /** The states that it reached, a row of the same one as one. */
  readonly states: readonly string[];
  /** What each call of it ended in. */
  readonly calls: readonly string[];
  readonly patches: readonly string[];
  readonly cmdline: string;
  /** What is worth telling a person. */
  readonly notes: readonly string[];
}

/** The compiled form of the program is kept on the disk, so that every start but the first is short. */
const env = { NODE_COMPILE_CACHE: '/state/node' };
const limitMs = 600_000;

/**
 * Runs the agent in the guest until it ends, the machine goes down under it, or the host cuts the power. Node was seen to die at its very start
 * under QEMU's interpreter; one that has not said a word has touched nothing and is started once more.
 */
export async function runAgent(
  vm: Vm,
  order: GuestOrder,
  { name, onCut }: { readonly name: string; readonly onCut?: () => void },
): Promise<AgentRun> {
  const transcript = openTranscript(name);
  const notes: string[] = [];
  for (let start = 1; ; start += 1) {
    const lines: GuestLine[] = [];
    const onLine = (text: string): void => {
      transcript.write(text);
      const line = parseLine(text);
      if (line === undefined) return;
      lines.push(line);
      if ('cutAt' in line) onCut?.();
    };
    const exit = await vm.run(['node', guestProgram, JSON.stringify(order)], { env, onLine, timeoutMs: limitMs });
    if (lines.length === 0 && exit.kind === 'exited' && start === 1) {
      notes.push(`Node ended with ${exit.exitCode} before its first line and was started again`);
      continue;
    }
    if (exit.kind === 'exited' && exit.exitCode !== 0) {
      throw new Error(`the agent ended with ${exit.exitCode}; see ${transcript.path}`);
    }
    return { ...summary(lines), exit: exit.kind, lines, notes };
  }
}

function parseLine(text: string): GuestLine | undefined {
  if (!text.startsWith(lineMark)) return undefined;
  try {
    return JSON.parse(text.slice(lineMark.length)) as GuestLine;
  } catch {
    return undefined; // the machine went down in the middle of a line
  }
}

function summary(lines: readonly GuestLine[]): Pick<AgentRun, 'states' | 'calls' | 'patches' | 'cmdline'> {
  const states = lines.flatMap((line) => ('detail' in line ? [wordsOf(line)] : []));
  const last = lines.findLast((line) => 'patches' in line);
  return {
    states: states.filter((state, at) => state !== states[at - 1]),
    calls: lines.flatMap((line) =>
      'call' in line ? [line.reason === null ? line.state : `${line.state} ${line.reason}`] : [],
    ),
    patches: last?.patches ?? [],
    cmdline: last?.cmdline ?? '',
  };
}

const wordsOf = ({ state, reason }: { readonly state: string; readonly reason: string | null }): string =>
  reason === null ? state : `${state} ${reason}`;
