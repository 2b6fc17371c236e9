import { preflight } from '@klpkit/kernel';
import { inspectModule } from '@klpkit/payload';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { readInput } from '../files.ts';

async function check(session: Session, file: string): Promise<ExitCode> {
  const { folder, signal, kernel } = session.terminal;
  const module = await inspectModule(await readInput(folder, file), { signal });
  const { ok, reasons } = await preflight(module, { ...kernel, signal });
  const lines = reasons.map(({ code, message, blocking }) => `${blocking ? 'no  ' : 'note'}  ${message} [${code}]`);
  session.answer(
    { ok, reasons },
    [...lines, `${file}: ${ok ? 'nothing speaks against it' : 'it would fail'}`].join('\n'),
  );
  return ok ? exitCode.yes : exitCode.no;
}

/** `klpkit preflight FILE` */
export const preflightCommand: CommandFile = (program, define) => {
  const command = program
    .command('preflight')
    .description(
      'say what would keep a livepatch from being loaded into the running kernel; nothing is verified or changed',
    )
    .argument('<file>', 'module file, compressed or not');
  define<[string], object>(command, (session, file) => check(session, file));
};
