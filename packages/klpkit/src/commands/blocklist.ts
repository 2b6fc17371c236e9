import { type ApplyMoment, type BlockDecision, decideApply, parseBlocklist } from '@klpkit/blocklist';
import { parseReleaseKey } from '@klpkit/release';
import { Option } from 'commander';
import { CliError } from '../cli-error.ts';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { asUnreadable, asUsage, countFrom, readJson } from '../policy-input.ts';

const moments: readonly ApplyMoment[] = ['offer', 'first-apply', 're-apply'];

interface Options {
  readonly patch: string;
  readonly when: ApplyMoment;
  readonly sha256?: string;
  readonly kernel?: string;
  readonly crashed?: boolean;
  readonly at?: string;
}

function sha256From(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new CliError('USAGE', '--sha256 takes 64 hex digits');
  return text.toLowerCase();
}

function toText(patch: string, { allowed, reason, entry }: BlockDecision): string {
  const why = entry === undefined ? reason : `${reason}: ${entry.reason}, ${entry.action}`;
  return `${patch} ${allowed ? 'may' : 'must not'} be used (${why})`;
}

async function check(session: Session, file: string, options: Options): Promise<ExitCode> {
  const { patch, when } = options;
  asUsage(() => parseReleaseKey(patch));
  const subject = { release: patch, sha256: sha256From(options.sha256), kernel: options.kernel ?? null };
  const now = options.at === undefined ? Date.now() : countFrom('at', options.at);
  const json = await readJson(session.terminal.folder, file);
  const list = asUnreadable(file, () => parseBlocklist(json));
  const decision = decideApply(list, subject, when, now, { lastBootCrashed: options.crashed === true });
  session.answer(decision, toText(patch, decision));
  return decision.allowed ? exitCode.yes : exitCode.no;
}

/** `klpkit blocklist check FILE --patch KEY --when offer|first-apply|re-apply` */
export const blocklistCommand: CommandFile = (program, define) => {
  const group = program.command('blocklist').description('ask a blocklist document');
  const command = group
    .command('check')
    .description('say whether a release may be offered, applied, or applied again at boot')
    .argument('<file>', 'the blocklist, JSON; its signature is not checked here')
    .requiredOption('--patch <key>', "the release's key")
    .addOption(new Option('--when <moment>', 'what is about to happen').choices(moments).makeOptionMandatory())
    .option('--sha256 <hex>', "digest of the release's payload: finds the same bytes under another key")
    .option('--kernel <release>', 'the kernel it is for, as uname -r says it; without it a block on any kernel counts')
    .option('--crashed', 'the last boot with this release ended in a crash')
    .option('--at <ms>', 'the time that it is asked for, epoch ms; without it the present');
  define(command, (session, file: string, options: Options) => check(session, file, options));
};
