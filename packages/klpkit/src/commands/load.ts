import { insertModule, type KernelOptions, preflight } from '@klpkit/kernel';
import { parseTrust, verifyModule } from '@klpkit/payload';
import { CliError } from '../cli-error.ts';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { readInput } from '../files.ts';
import { withRefusals } from '../kernel-answer.ts';
import { defaultWaitSeconds, readWait, waitForTransition } from '../wait-for-transition.ts';

interface Options {
  readonly cert: readonly string[];
  readonly params?: string;
  readonly wait: string;
}

async function load(session: Session, file: string, options: Options): Promise<ExitCode> {
  const { folder, signal } = session.terminal;
  const kernel: KernelOptions = { ...session.terminal.kernel, signal };
  const waitMs = readWait(options.wait);
  const certificates = await Promise.all(options.cert.map((path) => readInput(folder, path)));
  const bytes = await readInput(folder, file);
  return withRefusals(session, async () => {
    const trust = await parseTrust({ certificates });
    const module = await verifyModule(bytes, { trust, sha256: null, ownership: 'take', signal });
    // A kernel with MODVERSIONS loads a module of another release without a word: that is looked at here.
    const against = (await preflight(module, kernel)).reasons.find(({ blocking }) => blocking);
    if (against !== undefined) throw new CliError(against.code, against.message, { exit: exitCode.no });
    await insertModule(module, options.params === undefined ? kernel : { ...kernel, params: options.params });
    const state = await waitForTransition(session, module.name, waitMs, kernel);
    if (state !== 'patched') {
      throw new CliError('NOT_APPLIED', `${module.name} is ${state}: somebody else reversed or replaced it`, {
        exit: exitCode.no,
      });
    }
    session.answer({ ok: true, name: module.name, state }, `${module.name} is loaded and applied`);
    return exitCode.yes;
  });
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/** `klpkit load FILE --cert CERT…` */
export const loadCommand: CommandFile = (program, define) => {
  const command = program
    .command('load')
    .description('verify a livepatch, load it into the running kernel and wait until it applied')
    .argument('<file>', 'module file, compressed or not')
    .requiredOption('--cert <file>', 'trusted certificate, PEM or DER; may be given several times', collect)
    .option('--params <text>', 'module parameters, name=value separated by blanks')
    .option('--wait <seconds>', 'how long the transition may take', String(defaultWaitSeconds));
  define(command, (session, file: string, options: Options) => load(session, file, options));
};
