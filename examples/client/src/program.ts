import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Agent,
  type AgentEvent,
  type AgentOptions,
  type AgentState,
  clearSuspects,
  createFolderStore,
  exitCodeOf,
  exitCodes,
} from '@klpkit/agent';
import { releaseKey } from '@klpkit/release';
import { pino } from 'pino';
import { assemble } from './assemble.ts';
import { type ClientConfig, readConfig } from './config.ts';
import { isConfigError } from './error.ts';
import { machineGoesDown } from './machine-goes-down.ts';
import { openServiceManager } from './service-manager.ts';

const usage = `Usage: node src/main.ts --config FILE [--once | --clear | --check-config]

Applies the livepatches that the server offers for this machine's kernel, and reports how they do.

  --config FILE    configuration, see README.md
  --once           one check to its end, health checks included, then exit
  --clear          forget which patches this machine had trouble with, then exit
  --check-config   read the configuration and the files it names, then exit
  --help           this text

Exit codes: 0 well, 1 a patch is not applied, 2 wrong use or configuration, 3 the machine needs a person.
`;

/** What the program works with; a test brings its own. */
export interface ProgramOptions {
  readonly kernel?: AgentOptions['kernel'];
  readonly write?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** The command line program; resolves with its exit code. */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<number> {
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  const args = readArguments(argv);
  if (args === undefined || args.help === true || args.config === undefined) {
    write(usage);
    return args?.help === true ? exitCodes.ok : exitCodes.usage;
  }
  try {
    const config = await readConfig(args.config);
    return await work(config, args, { ...options, write });
  } catch (error) {
    if (options.signal?.aborted === true && error === options.signal.reason) return exitCodes.ok;
    if (!(error instanceof Error) || !('code' in error)) throw error;
    pino({}, { write }).fatal({ code: error.code }, error.message);
    return isConfigError(error) ? exitCodes.usage : exitCodes.notApplied;
  }
}

interface Arguments {
  readonly config?: string | undefined;
  readonly once?: boolean | undefined;
  readonly clear?: boolean | undefined;
  readonly 'check-config'?: boolean | undefined;
  readonly help?: boolean | undefined;
}

function readArguments(argv: readonly string[]): Arguments | undefined {
  const flag = { type: 'boolean' } as const;
  const options = { config: { type: 'string' }, once: flag, clear: flag, 'check-config': flag, help: flag } as const;
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch {
    return undefined;
  }
}

async function work(
  config: ClientConfig,
  args: Arguments,
  { kernel = {}, write, signal }: ProgramOptions & { readonly write: (line: string) => void },
): Promise<number> {
  const log = pino({ level: config.logLevel }, { write });
  if (args.clear === true) {
    const cleared = await clearSuspects(createFolderStore(config.stateFolder));
    log.info(
      { cleared },
      `forgot trouble with ${cleared.length} patches; journal ${join(config.stateFolder, 'journal.json')}`,
    );
    return exitCodes.ok;
  }
  const manager = openServiceManager({ environment: process.env, onTrouble: (message) => log.warn(message) });
  const logEvent = eventLogger(log);
  const onEvent = (event: AgentEvent): void => {
    logEvent(event);
    if (event.kind === 'state') manager.status(sentenceOf(event.state));
  };
  signal?.addEventListener('abort', () => manager.stopping(), { once: true });
  const assembled = await assemble(config, { kernel, onEvent });
  try {
    return await live(assembled.agent, args, signal);
  } finally {
    await assembled.agent.shutdown({ machineGoesDown: signal?.aborted === true && (await machineGoesDown()) });
    assembled.close();
    manager.close();
  }
}

async function live(agent: Agent, args: Arguments, signal: AbortSignal | undefined): Promise<number> {
  const stop = signal === undefined ? {} : { signal };
  if (args['check-config'] === true) return exitCodes.ok;
  if (args.once !== true) return await agent.run(stop);
  const found = await agent.start(stop);
  const state = await agent.check(stop);
  await agent.flush(stop);
  return Math.max(exitCodeOf(found.kind), exitCodeOf(state.kind));
}

/** A line for each event; effects and the looks at one transition after the first are for whoever debugs. */
function eventLogger(log: pino.Logger): (event: AgentEvent) => void {
  let last: AgentState['kind'] | undefined;
  return (event) => {
    if (event.kind === 'trouble') return log.warn({ code: event.code }, event.message);
    if (event.kind === 'effect') return log.debug({ effect: event.effect.kind }, event.effect.kind);
    const { state } = event;
    const isLook = state.kind === 'transitioning' && last === 'transitioning';
    last = state.kind;
    log[isLook ? 'debug' : 'info']({ state: state.kind, ...detailOf(state) }, sentenceOf(state));
  };
}

/** What of a state goes into a log line: no whole documents. */
function detailOf(state: AgentState): Record<string, unknown> {
  if ('attempt' in state) return { release: releaseKey(state.attempt.release) };
  const { kind: _, ...rest } = state;
  return rest;
}

function sentenceOf(state: AgentState): string {
  if ('failure' in state) return state.failure.message;
  if (state.kind === 'soaking') return `soaking: health check ${state.next} of 3 comes next`;
  return 'message' in state ? state.message : state.kind;
}
