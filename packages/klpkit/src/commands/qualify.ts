import { createPrivateKey } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { qualify, type Reason, type Signer, type Verdict } from '@klpkit/qualify';
import { CliError } from '../cli-error.ts';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { pathFrom, readInput, readText } from '../files.ts';
import { countFrom } from '../policy-input.ts';
import { prepareOutput, writeQualification } from '../qualify-output.ts';

interface Options {
  readonly kernel: string;
  readonly previous?: string;
  readonly next?: string;
  readonly tests?: string;
  readonly runs?: string;
  readonly key?: string;
  readonly cert?: string;
  readonly evidenceKey?: string;
  readonly out: string;
}

const exitOf: Readonly<Record<Verdict, ExitCode>> = {
  pass: exitCode.yes,
  fail: exitCode.no,
  inconclusive: exitCode.undecided,
};

async function run(session: Session, file: string, options: Options): Promise<ExitCode> {
  const { terminal } = session;
  const { folder, signal } = terminal;
  const read = (path: string): Promise<Uint8Array> => readInput(folder, path);
  const patch = await read(file);
  const maxRuns = options.runs === undefined ? undefined : runsFrom(options.runs);
  const signer = await signerFrom(folder, options);
  const evidenceKey = options.evidenceKey === undefined ? undefined : await keyFrom(folder, options.evidenceKey);
  const output = { out: pathFrom(folder, options.out), shown: options.out, evidenceKey };
  await prepareOutput(output);
  const qualification = await qualify(patch, {
    kernel: await kernelFrom(folder, options.kernel),
    ...(options.previous !== undefined && { previous: await read(options.previous) }),
    ...(options.next !== undefined && { next: await read(options.next) }),
    ...(options.tests !== undefined && { tests: await folderFrom(folder, options.tests) }),
    ...(maxRuns !== undefined && { maxRuns }),
    ...(signer !== undefined && { signer }),
    onProgress: (text) => terminal.err(`${text}\n`),
    signal,
  });
  const { verdict, reasons } = qualification.report;
  const files = await writeQualification(qualification, output);
  const text = [`${verdict}: ${options.out}`, ...reasons.map(inWords)].join('\n');
  session.answer({ verdict, reasons, ...files }, text);
  return exitOf[verdict];
}

const inWords = ({ weight, code, message }: Reason): string => `  ${weight.padEnd(6)} ${code}: ${message}`;

function runsFrom(text: string): number {
  const runs = countFrom('runs', text);
  if (runs >= 2 && runs <= 1000) return runs;
  throw new CliError(
    'USAGE',
    '--runs takes a whole number from 2 to 1000; 12 are the fewest that can pass small regressions by',
  );
}

/** A key that cannot sign evidence is told before the long work, not behind it. */
async function keyFrom(folder: string, path: string): Promise<string> {
  const pem = await readText(folder, path);
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    if (asymmetricKeyType === 'ed25519' || asymmetricKeyDetails?.namedCurve === 'prime256v1') return pem;
  } catch (error) {
    throw new CliError('IO', `${path}: is no private key in PEM without a pass phrase`, { cause: error });
  }
  throw new CliError('USAGE', `${path}: evidence is signed by a key of P-256 or Ed25519`);
}

/** A path as the user means it where there is such a file or folder; else it names a package. */
async function kernelFrom(folder: string, kernel: string): Promise<string> {
  const path = pathFrom(folder, kernel);
  return stat(path).then(
    () => path,
    () => kernel,
  );
}

async function folderFrom(folder: string, path: string): Promise<string> {
  const full = pathFrom(folder, path);
  const isFolder = await stat(full).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (isFolder) return full;
  throw new CliError('IO', `${path}: there is no such folder`);
}

async function signerFrom(folder: string, { key, cert }: Options): Promise<Signer | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw new CliError('USAGE', '--key needs --cert, the certificate that machines trust');
  const certificate = await readInput(folder, cert);
  return { certificate, ...(key !== undefined && { key: await readText(folder, key) }) };
}

/** `klpkit qualify PATCH --kernel PACKAGE|DIR --out DIR` */
export const qualifyCommand: CommandFile = (program, define) => {
  const command = program
    .command('qualify')
    .description(
      'try a livepatch in a virtual machine on the kernel that it was written for, and say whether it may be released',
    )
    .argument('<patch>', 'the livepatch, signed or not')
    .requiredOption(
      '--kernel <package|dir>',
      'folder or tarball with vmlinuz and modules, Debian package file, or the name of a Debian package or release that apt offers',
    )
    .option('--previous <ko>', 'the version before, to go back to and up again')
    .option('--next <ko>', 'the version behind, to be replaced by')
    .option('--tests <dir>', 'executable tests, or an installed kselftest: run on both kernels and compared')
    .option('--runs <n>', 'most runs on each kernel; most are decided after 7 or 12', '40')
    .option('--key <pem>', 'key that the patch will be signed with; one is made for this run without it')
    .option('--cert <cert>', "the key's certificate, which the machine's kernel is made to trust")
    .option('--evidence-key <pem>', 'signs the evidence: P-256 or Ed25519')
    .requiredOption('--out <dir>', 'folder for the reports, the evidence and the patch that was signed here');
  define(command, (session, file: string, options: Options) => run(session, file, options));
};
