import {
  type AgentEvent,
  type AgentState,
  type AgentStatus,
  clearSuspects,
  createFolderStore,
  exitCodeOf,
  exitCodeOfStatus,
  readStatus,
} from '@klpkit/agent';
import { makeAgent, type RunOptions } from '../agent/make-agent.ts';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { pathFrom } from '../files.ts';
import { withRefusals } from '../kernel-answer.ts';

interface StateOptions {
  readonly state: string;
}

const defaultState = '/var/lib/klpkit';

function run(session: Session, options: RunOptions): Promise<ExitCode> {
  const { signal } = session.terminal;
  return withRefusals(session, async () => {
    const { agent, close } = await makeAgent(session, options, eventPrinter(session));
    try {
      if (options.once !== true) return await agent.run({ signal });
      const found = await agent.start({ signal });
      const state = await agent.check({ signal });
      await agent.flush({ signal });
      return exitCodeOf(found.kind) === 0 && exitCodeOf(state.kind) === 0 ? exitCode.yes : exitCode.no;
    } catch (error) {
      if (signal.aborted && error === signal.reason) return exitCode.yes; // told to stop: that is its normal end
      throw error;
    } finally {
      await agent.shutdown();
      close();
    }
  });
}

/** One answer for each state that is reached; the looks at one transition are one. */
function eventPrinter(session: Session): (event: AgentEvent) => void {
  let last: AgentState['kind'] | undefined;
  return (event) => {
    if (event.kind === 'trouble') session.note(`${event.message} [${event.code}]`);
    if (event.kind !== 'state' || (event.state.kind === last && last === 'transitioning')) return;
    const { state } = event;
    last = state.kind;
    const release = 'release' in state ? { release: state.release } : {};
    const failure = 'failure' in state ? { code: state.failure.code, message: state.failure.message } : {};
    const reason = 'reason' in state ? { reason: state.reason } : {};
    const words = [state.kind, ...Object.values(release), ...Object.values(reason), ...Object.values(failure)];
    session.answer({ state: state.kind, ...release, ...reason, ...failure }, words.join(' '));
  };
}

async function status(session: Session, options: StateOptions): Promise<ExitCode> {
  return withRefusals(session, async () => {
    const store = createFolderStore(pathFrom(session.terminal.folder, options.state));
    const found = await readStatus({ store, kernel: { ...session.terminal.kernel } });
    session.answer(found, textOf(found));
    return exitCodeOfStatus(found);
  });
}

function textOf({ state, release, since, fixes, lastContact, unknown, suspects, rebootNeeded }: AgentStatus): string {
  const time = (at: number | null) => (at === null ? 'never' : new Date(at).toISOString());
  return [
    `state         ${state}${release === null ? '' : `: ${release}`}`,
    `since         ${since === null ? 'unknown' : time(since)}`,
    `fixes         ${fixes.length === 0 ? 'nothing' : fixes.join(' ')}`,
    `last contact  ${time(lastContact)}`,
    `unknown       ${unknown.length === 0 ? 'nothing' : unknown.join(', ')}`,
    ...suspects.map(({ release: key, reason }) => `not again     ${key}: ${reason}`),
    ...(rebootNeeded ? ['reboot        needed: an inserter died or hung, nothing is inserted before'] : []),
  ].join('\n');
}

async function clear(session: Session, options: StateOptions): Promise<ExitCode> {
  return withRefusals(session, async () => {
    const cleared = await clearSuspects(createFolderStore(pathFrom(session.terminal.folder, options.state)));
    const text = cleared.length === 0 ? 'there was nothing to clear' : `may be inserted again: ${cleared.join(' ')}`;
    session.answer({ ok: true, cleared }, text);
    return exitCode.yes;
  });
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/** `klpkit agent run|status|clear` */
export const agentCommand: CommandFile = (program, define) => {
  const group = program.command('agent').description("the machine's own agent");
  const runCommand = group
    .command('run')
    .description('check for livepatches, apply and watch them, until it is stopped')
    .requiredOption('--server <url>', 'patch server: takes the pings, and is the source unless --repository is given')
    .requiredOption('--tier <name>', 'tier that this machine asks in')
    .requiredOption('--app-id <hex>', "the fleet's own id, 32 hex digits")
    .requiredOption('--cert <file>', 'certificate to trust for livepatches; may be given several times', collect)
    .option('--ca <file>', "PEM authorities to trust for server and mirrors, instead of the system's")
    .option('--machine-id <file>', 'where the machine id stands; it is never sent', '/etc/machine-id')
    .option('--state <folder>', 'private folder that outlives a reboot', defaultState)
    .option('--repository <mirror>', 'signed repository as the source, address or folder; several are tried', collect)
    .option('--root <file>', 'root.json of that repository, as it came with the installation')
    .option('--control', "serve as the gate's control while not in the bucket")
    .option('--once', 'one check to its end, health checks included');
  define(runCommand, (session, options: RunOptions) => run(session, options));
  const statusCommand = group
    .command('status')
    .description('say what is in force, what it fixes, and what is unknown: exit 0 well, 1 not, 3 something is unknown')
    .option('--state <folder>', "the agent's folder", defaultState);
  define(statusCommand, (session, options: StateOptions) => status(session, options));
  const clearCommand = group
    .command('clear')
    .description('forget which patches this machine had trouble with; stop the agent first')
    .option('--state <folder>', "the agent's folder", defaultState);
  define(clearCommand, (session, options: StateOptions) => clear(session, options));
};
