import {
  defaultTriagePolicy,
  describeKernel,
  type Kernel,
  mergeRecords,
  parseKernelConfig,
  parseModuleList,
  parseTriagePolicy,
  queueToCsv,
  queueToTable,
  readRecords,
  triage,
  type TriagePolicy,
  type VulnerabilityRecord,
} from '@klpkit/triage';
import { CliError } from '../cli-error.ts';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode, worst } from '../exit-code.ts';
import { readInput, readText } from '../files.ts';
import { perFile } from '../per-file.ts';
import { asUnreadable, asUsage, readJson } from '../policy-input.ts';
import { isPatch, readEfforts } from '../triage-input.ts';

interface Options {
  readonly kernel: string;
  readonly kernelVersion?: string;
  readonly config?: string;
  readonly modules: readonly string[];
  readonly policy?: string;
  readonly diff: readonly string[];
  readonly git?: string;
  readonly csv?: boolean;
}

async function readPolicy(folder: string, file: string | undefined): Promise<TriagePolicy> {
  if (file === undefined) return defaultTriagePolicy;
  const json = await readJson(folder, file);
  return asUnreadable(file, () => parseTriagePolicy(json));
}

function kernelFrom({ kernel, kernelVersion }: Options, policy: TriagePolicy): Kernel {
  const known = Object.hasOwn(policy.kernels, kernel) ? policy.kernels[kernel] : undefined;
  const version = kernelVersion ?? known?.version;
  return asUsage(() => describeKernel(kernel, { ...known, ...(version === undefined ? {} : { version }) }));
}

async function readModules(folder: string, files: readonly string[]): Promise<Set<string>> {
  const modules = new Set<string>();
  for (const file of files) {
    const text = await readText(folder, file);
    for (const name of asUnreadable(file, () => parseModuleList(text))) modules.add(name);
  }
  return modules;
}

async function readFile(folder: string, file: string, signal: AbortSignal): Promise<VulnerabilityRecord[]> {
  const bytes = await readInput(folder, file);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new CliError('IO', `${file}: is not text in UTF-8`, { cause: error });
  }
  return readRecords(text, { file, signal });
}

async function buildFrom(folder: string, { config, modules }: Options): Promise<Partial<Parameters<typeof triage>[1]>> {
  const text = config === undefined ? undefined : await readText(folder, config);
  return {
    ...(config === undefined || text === undefined
      ? {}
      : { config: asUnreadable(config, () => parseKernelConfig(text)) }),
    ...(modules.length === 0 ? {} : { modules: await readModules(folder, modules) }),
  };
}

async function run(session: Session, files: readonly string[], options: Options): Promise<ExitCode> {
  const { folder, signal } = session.terminal;
  if (options.csv === true && session.json) throw new CliError('USAGE', 'say --csv or --json, not both');
  const policy = await readPolicy(folder, options.policy);
  const kernel = kernelFrom(options, policy);
  const build = await buildFrom(folder, options);
  const records: VulnerabilityRecord[] = [];
  // With --csv, standard output is a table for programs: what cannot be read is told on standard error.
  const reporting =
    options.csv === true ? { ...session, answer: (_: object, text: string) => session.note(text) } : session;
  const codes = await perFile(
    reporting,
    files.filter((file) => !isPatch(file)),
    async (file) => {
      const read = await readFile(folder, file, signal);
      if (read.length === 0) session.note(`${file}: names no CVE of the kernel`);
      for (const record of read) records.push(record);
      return exitCode.yes;
    },
  );
  const flaws = mergeRecords(records);
  const sources = { folder, patches: files.filter(isPatch), pairs: options.diff, git: options.git, signal };
  const efforts = await readEfforts(flaws, sources);
  const queue = triage(flaws, { kernel, policy, ...build, efforts, now: Date.now(), signal });
  if (options.csv === true) session.terminal.out(queueToCsv(queue));
  else if (session.json) for (const entry of queue) session.answer(entry, '');
  else if (queue.length > 0) session.terminal.out(`${queueToTable(queue)}\n`);
  return worst(codes);
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** `klpkit triage FILES… --kernel RELEASE` */
export const triageCommand: CommandFile = (program, define) => {
  const command = program
    .command('triage')
    .description('say which CVEs deserve a livepatch for a kernel, and in what order')
    .argument(
      '<files...>',
      "records: CVE JSON 5, OSV, Ubuntu's or Debian's tracker; .patch and .diff are upstream fixes, named by their CVE or commit",
    )
    .requiredOption('--kernel <release>', 'the kernel, as uname -r says it')
    .option('--kernel-version <version>', 'its upstream version, where the release does not tell: 6.1.192')
    .option('--config <file>', 'its configuration, /boot/config-RELEASE')
    .option('--modules <file>', 'what was built: modules.builtin and modules.order, all of them', collect, [])
    .option('--policy <file>', 'priorities, deadlines, overrides, kernels; the form is in the README of @klpkit/triage')
    .option('--diff <cve=file>', 'the upstream fix of a CVE, a unified diff', collect, [])
    .option('--git <folder>', 'a checkout of the kernel, to take fixes from by the commits that the records name')
    .option('--csv', 'print CSV');
  define(command, (session, files: string[], options: Options) => run(session, files, options));
};
