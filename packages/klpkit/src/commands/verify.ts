import { checkTarget, parseTrust, type Trust, type VerifiedModule, verifyModule } from '@klpkit/payload';
import { CliError } from '../cli-error.ts';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode, worst } from '../exit-code.ts';
import { readInput } from '../files.ts';
import { perFile } from '../per-file.ts';

interface Options {
  readonly cert: readonly string[];
  readonly sha256?: string;
  readonly revoked?: readonly string[];
  readonly livepatch?: boolean;
  readonly kernel?: string;
}

async function readTrust(session: Session, options: Options): Promise<Trust> {
  const { folder } = session.terminal;
  const read = (paths: readonly string[]): Promise<Uint8Array[]> =>
    Promise.all(paths.map((path) => readInput(folder, path)));
  return await parseTrust({ certificates: await read(options.cert), revoked: await read(options.revoked ?? []) });
}

/** The digest as written by a person: any case; of anything else, wrong use. */
function readDigest(options: Options, files: readonly string[]): string | null {
  if (options.sha256 === undefined) return null;
  if (!/^[0-9a-f]{64}$/i.test(options.sha256)) throw new CliError('USAGE', '--sha256 wants 64 hex digits');
  if (files.length > 1) throw new CliError('USAGE', '--sha256 goes with one file');
  return options.sha256.toLowerCase();
}

/** What is asked for beyond a good signature. */
function checkPurpose(module: VerifiedModule, options: Options): void {
  if (options.livepatch === true && !module.livepatch) {
    throw new CliError('NOT_LIVEPATCH', `module ${module.name} is not marked as a livepatch`, { exit: exitCode.no });
  }
  if (options.kernel === undefined) return;
  const fit = checkTarget(module, { release: options.kernel, arch: module.arch });
  if (!fit.fits) throw new CliError(fit.reason, fit.message, { exit: exitCode.no });
}

async function verify(session: Session, files: readonly string[], options: Options): Promise<ExitCode> {
  const { folder, signal } = session.terminal;
  const digest = readDigest(options, files);
  const trust = await readTrust(session, options);
  const work = async (file: string): Promise<ExitCode> => {
    const bytes = await readInput(folder, file);
    const module = await verifyModule(bytes, { trust, sha256: digest, ownership: 'take', signal });
    checkPurpose(module, options);
    const { name, livepatch, sha256, algorithm, compression } = module;
    const signer = module.signer.subject;
    session.answer(
      { file, ok: true, name, livepatch, sha256, signer, algorithm, compression },
      `${file}: ${name}${livepatch ? ' (livepatch)' : ''}, signed by "${signer}" with ${algorithm}`,
    );
    return exitCode.yes;
  };
  return worst(await perFile(session, files, work, exitCode.no));
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/** `klpkit verify FILE… --cert CERT…` */
export const verifyCommand: CommandFile = (program, define) => {
  const command = program
    .command('verify')
    .description('verify modules as the kernel does, and more strictly')
    .argument('<file...>', 'module files, compressed or not')
    .requiredOption('--cert <file>', 'trusted certificate, PEM or DER; may be given several times', collect)
    .option('--sha256 <hex>', 'expected SHA-256 of the file as shipped')
    .option(
      '--revoked <file>',
      'revoked certificate, or lines tbs:HEX and bin:HEX; may be given several times',
      collect,
    )
    .option('--livepatch', 'refuse what is not a livepatch')
    .option('--kernel <release>', 'refuse what is not built for this kernel (uname -r)');
  define(command, (session, files: string[], options: Options) => verify(session, files, options));
};
