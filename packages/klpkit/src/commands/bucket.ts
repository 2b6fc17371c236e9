import { nodeIdOf, percentOf, positionOf } from '@klpkit/rollout';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { asUsage } from '../policy-input.ts';

interface Options {
  readonly machineId: string;
  readonly appId: string;
  readonly patch: string;
}

function bucket(session: Session, options: Options): ExitCode {
  const node = asUsage(() => nodeIdOf(options.machineId, options.appId));
  const u48 = positionOf(node, options.patch);
  const percent = percentOf(u48);
  session.answer({ node, u48, percent }, `node ${node} stands at ${percent.toFixed(6)} % of ${options.patch}`);
  return exitCode.yes;
}

/** `klpkit bucket --machine-id ID --app-id ID --patch KEY` */
export const bucketCommand: CommandFile = (program, define) => {
  const command = program
    .command('bucket')
    .description('say where a machine stands in the order in which a release reaches them; nothing is sent')
    .requiredOption('--machine-id <id>', 'as in /etc/machine-id: 32 hex digits')
    .requiredOption('--app-id <id>', "the fleet's application id: 32 hex digits")
    .requiredOption('--patch <key>', "the release's key");
  define(command, async (session, options: Options) => bucket(session, options));
};
