import type { CommandFile } from './command.ts';

/**
 * Every command by its name, in the order of the help. A new one is a file in `commands/` and a line here. Each is loaded when it is
 * called, with what it imports: a scan of a log does not wait for the cryptography of `sign`.
 */
const commands: Readonly<Record<string, () => Promise<CommandFile>>> = {
  inspect: async () => (await import('./commands/inspect.ts')).inspectCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  sign: async () => (await import('./commands/sign.ts')).signCommand,
  scan: async () => (await import('./commands/scan.ts')).scanCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  preflight: async () => (await import('./commands/preflight.ts')).preflightCommand,
  load: async () => (await import('./commands/load.ts')).loadCommand,
  unload: async () => (await import('./commands/unload.ts')).unloadCommand,
  repo: async () => (await import('./commands/repo.ts')).repoCommand,
  bucket: async () => (await import('./commands/bucket.ts')).bucketCommand,
  gate: async () => (await import('./commands/gate.ts')).gateCommand,
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
  triage: async () => (await import('./commands/triage.ts')).triageCommand,
  qualify: async () => (await import('./commands/qualify.ts')).qualifyCommand,
  blocklist: async () => (await import('./commands/blocklist.ts')).blocklistCommand,
  agent: async () => (await import('./commands/agent.ts')).agentCommand,
};

/** The command that a call begins with, if there is such a one. */
export function commandNamed(argv: readonly string[]): string | undefined {
  const first = argv.find((word) => word !== '--json') ?? '';
  return Object.hasOwn(commands, first) ? first : undefined;
}

/** The commands that a call may mean: the one it begins with, or all where that is none (help, a slip of the pen). */
export async function commandsFor(argv: readonly string[]): Promise<readonly CommandFile[]> {
  const load = commands[commandNamed(argv) ?? ''];
  const wanted = load === undefined ? Object.values(commands) : [load];
  return Promise.all(wanted.map((each) => each()));
}
