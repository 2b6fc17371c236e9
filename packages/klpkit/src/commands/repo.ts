import type { Command as Program } from 'commander';
import { createFolderStore, createRepository, type RepositoryRole } from '@klpkit/repository';
import type { CommandFile, Define, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { pathFrom } from '../files.ts';
import { block, type BlockOptions, lift, refresh, show } from '../repo/block-acts.ts';
import { completeKeys, parseThreshold } from '../repo/key-folder.ts';
import type { KeyOptions } from '../repo/open.ts';
import { policy, type PolicyOptions } from '../repo/policy-act.ts';
import { refusing } from '../repo/refusal.ts';
import { add, type AddOptions, neededKeys, promote, rollout, type RolloutOptions } from '../repo/release-acts.ts';

interface InitOptions extends KeyOptions {
  readonly threshold?: Partial<Record<RepositoryRole, number>>;
}

async function init(session: Session, folder: string, options: InitOptions): Promise<ExitCode> {
  const { terminal } = session;
  const { keys, signers, made } = await completeKeys(terminal.folder, options.keys, options.threshold ?? {});
  const store = createFolderStore(pathFrom(terminal.folder, folder));
  await createRepository(store, { keys, signers, signal: terminal.signal });
  const root = 'metadata/1.root.json';
  session.answer(
    { ok: true, root, made, versions: { root: 1, snapshot: 1, timestamp: 1, targets: 1 } },
    `made a repository in ${folder}; machines trust ${root}. Keep the keys of root, targets, releases and lifted off this machine.`,
  );
  return exitCode.yes;
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
const list = (value: string, before: string[] | undefined): string[] => [...(before ?? []), ...value.split(',')];

function act(repo: Program, name: string, description: string): Program {
  const needs = neededKeys[name === 'promote' ? 'rollout' : name];
  const keys = needs === undefined ? '' : ` (keys: ${needs.join(', ')})`;
  return repo.command(name).description(`${description}${keys}`).argument('<dir>', 'the repository');
}

function defineReleaseActs(repo: Program, define: Define): void {
  const added = act(repo, 'add', 'verify a livepatch and publish it')
    .argument('<file>', 'signed module, as it is to be shipped')
    .requiredOption('--keys <dir>', 'folder of the keys at hand')
    .requiredOption('--cert <file>', 'certificate that machines trust for modules; may be given several times', collect)
    .requiredOption('--release <key>', 'name-version, or name-version#n for a re-roll')
    .option('--fixes <cves>', 'CVE ids, separated by commas', list)
    .option('--fixes-from <file>', 'work queue that it was made from, as triage --json prints it: its eligible CVEs')
    .option('--end-of-life <day>', 'last day of the kernel’s coverage, YYYY-MM-DD')
    .option('--evidence <file>', 'attestation of the qualification; its digest is published')
    .option('--evidence-key <file>', 'public key that must have signed it; may be given several times', collect)
    .option('--require-evidence', 'refuse a release without one');
  define(added, (session, folder: string, file: string, options: AddOptions) => add(session, folder, file, options));
  const rolled = act(repo, 'rollout', 'say how far a release is')
    .argument('<key>', 'the release')
    .requiredOption('--keys <dir>', 'folder of the keys at hand')
    .option('--tier <name>', 'tier that --percent is of', 'updates')
    .option('--percent <number>', 'share of the tier, decimal')
    .option('--pause', 'nobody new gets it')
    .option('--resume', 'end the pause');
  define(rolled, (session, folder: string, key: string, options: RolloutOptions) =>
    rollout(session, folder, key, options),
  );
  const promoted = act(repo, 'promote', 'open the next tier to a release')
    .argument('<key>', 'the release')
    .requiredOption('--keys <dir>', 'folder of the keys at hand')
    .option('--tier <name>', 'this tier in place of the next one')
    .option('--percent <number>', 'share of it, decimal', '100');
  define(promoted, (session, folder: string, key: string, options: RolloutOptions) =>
    promote(session, folder, key, options),
  );
}

function defineBlockActs(repo: Program, define: Define): void {
  const blocked = act(repo, 'block', 'block a release')
    .argument('<key>', 'the release')
    .requiredOption('--keys <dir>', 'folder of the keys at hand')
    .requiredOption('--reason <word>', 'lower case with dashes, such as panics-at-load')
    .option('--action <action>', 'no-offer, no-apply or disable', 'no-apply')
    .option('--kernel <release>', 'on this kernel only; may be given several times', collect)
    .option('--sha256 <hex>', 'block these bytes under any key too');
  define(blocked, (session, folder: string, key: string, options: BlockOptions) =>
    block(session, folder, key, options),
  );
  const lifted = act(repo, 'lift', 'take a block back')
    .argument('<key>', 'the release')
    .requiredOption('--keys <dir>', 'folder of the keys at hand')
    .requiredOption('--reason <word>', 'lower case with dashes, such as false-alarm');
  define(lifted, (session, folder: string, key: string, options: BlockOptions) => lift(session, folder, key, options));
}

/** `klpkit repo init|policy|add|rollout|promote|block|lift|refresh|show DIR …` */
export const repoCommand: CommandFile = (program, plain) => {
  const define = refusing(plain);
  const repo = program.command('repo').description('publish releases, rollout state and blocklist as a TUF repository');
  const made = act(repo, 'init', 'make a repository, and a key for every role that has none')
    .requiredOption('--keys <dir>', 'folder of the keys; ROLE.pem, ROLE-2.pem …')
    .option('--threshold <role=n>', 'so many keys must sign; may be given several times', parseThreshold);
  define(made, (session, folder: string, options: InitOptions) => init(session, folder, options));
  const ruled = act(repo, 'policy', 'say what every release must have')
    .requiredOption('--keys <dir>', 'folder of the keys at hand')
    .option('--require-evidence', 'refuse a release without evidence that holds')
    .option('--evidence-key <file>', 'public key that may sign evidence; may be given several times', collect)
    .option('--freely', 'ask for no evidence');
  define(ruled, (session, folder: string, options: PolicyOptions) => policy(session, folder, options));
  defineReleaseActs(repo, define);
  defineBlockActs(repo, define);
  const refreshed = act(repo, 'refresh', 'prove that the repository is alive').requiredOption(
    '--keys <dir>',
    'folder of the keys at hand',
  );
  define(refreshed, (session, folder: string, options: KeyOptions) => refresh(session, folder, options));
  define(act(repo, 'show', 'list all that is published'), (session, folder: string, _options: object) =>
    show(session, folder),
  );
};
