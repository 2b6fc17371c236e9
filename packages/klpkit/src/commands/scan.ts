import { createReadStream } from 'node:fs';
import { type Incident, type LogFormat, type ScanOptions, scanKernelText } from '@klpkit/kernel-log';
import { Option } from 'commander';
import { CliError } from '../cli-error.ts';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode, worst } from '../exit-code.ts';
import { ioError, pathFrom } from '../files.ts';
import { perFile } from '../per-file.ts';

interface Options {
  readonly format: 'auto' | LogFormat;
  readonly module?: string;
  readonly all?: boolean;
}

/** The scanner looks at a whole chunk at once; larger ones were seen to cost two to three times as much. */
const chunkBytes = 65_536;

async function* readChunks(session: Session, file: string): AsyncGenerator<string, void, undefined> {
  if (file === '-') {
    if (process.stdin.isTTY)
      session.note('reading the log from the terminal; Ctrl-D ends it, "dmesg | klpkit scan" is the usual way');
    yield* process.stdin.setEncoding('utf8') as AsyncIterable<string>;
    return;
  }
  try {
    yield* createReadStream(pathFrom(session.terminal.folder, file), {
      encoding: 'utf8',
      highWaterMark: chunkBytes,
    }) as AsyncIterable<string>;
  } catch (error) {
    throw ioError(file, error);
  }
}

function scanOptions(session: Session, options: Options): ScanOptions {
  const { module } = options;
  if (module !== undefined && !/^[\w-]{1,64}$/.test(module)) {
    throw new CliError('USAGE', '--module wants the name of a module: letters, digits, _ and -');
  }
  return {
    format: options.format,
    all: options.all ?? false,
    // A file does not fall silent: what is open is complete at its end.
    settleMs: Infinity,
    signal: session.terminal.signal,
    ...(module === undefined ? {} : { module }),
  };
}

const degrees = { strong: 'strongly', medium: 'moderately', weak: 'weakly', none: '' } as const;

function describe(file: string, incident: Incident): string {
  const { kind, title, attribution, module, seq } = incident;
  const where = seq === null ? '' : ` (record ${seq})`;
  const whom = module === null ? '' : `, ${degrees[attribution]} attributed to ${module}`;
  return `${file}: ${kind}: ${title}${where}${whom}`;
}

async function scan(session: Session, files: readonly string[], options: Options): Promise<ExitCode> {
  const shared = scanOptions(session, options);
  const work = async (file: string): Promise<ExitCode> => {
    let code: ExitCode = exitCode.yes;
    for await (const incident of scanKernelText(readChunks(session, file), shared)) {
      if (incident.kind !== 'external') code = exitCode.no;
      session.answer({ file, ...incident }, describe(file, incident));
    }
    if (code === exitCode.yes) session.note(`${file}: no incident of the kernel's own`);
    return code;
  };
  return worst(await perFile(session, files, work));
}

/** `klpkit scan [FILE…|-]` */
export const scanCommand: CommandFile = (program, define) => {
  const command = program
    .command('scan')
    .description('find faults, warnings, hangs and panics in kernel logs')
    .argument('[file...]', 'kernel logs, in any form that dmesg, a journal or /dev/kmsg gives; - is standard input', [
      '-',
    ])
    .addOption(new Option('--format <format>', 'form of the log').choices(['auto', 'kmsg', 'dmesg']).default('auto'))
    .option('--module <name>', 'attribute to this livepatch module; filters nothing')
    .option('--all', 'hardware, memory pressure and user space too, as kind external');
  define(command, (session, files: string[], options: Options) => scan(session, files, options));
};
