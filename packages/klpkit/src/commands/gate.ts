import { decide, explain } from '@klpkit/rollout';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { asUsage, countFrom, numberFrom } from '../policy-input.ts';

interface Options {
  readonly n: string;
  readonly failed: string;
  readonly open: string;
  readonly p0: string;
  readonly pBad: string;
  readonly alpha: string;
  readonly beta: string;
}

function gate(session: Session, options: Options): ExitCode {
  const evidence = {
    n: countFrom('n', options.n),
    failed: countFrom('failed', options.failed),
    open: countFrom('open', options.open),
  };
  const policy = {
    p0: numberFrom('p0', options.p0),
    pBad: numberFrom('p-bad', options.pBad),
    alpha: numberFrom('alpha', options.alpha),
    beta: numberFrom('beta', options.beta),
  };
  const { decision, level, lnHalt, lnAdvance } = asUsage(() => decide(evidence, policy));
  session.answer({ decision, level, lnHalt, lnAdvance }, explain(evidence, policy));
  return exitCode.yes;
}

/** `klpkit gate --n N --failed S --open Q --p0 P --p-bad P` */
export const gateCommand: CommandFile = (program, define) => {
  const command = program
    .command('gate')
    .description('say whether a rollout may go on, from what its machines answered; soak time is taken as passed')
    .requiredOption('--n <count>', 'machines that began')
    .requiredOption('--failed <count>', 'of them, failed or silent past the window')
    .requiredOption('--open <count>', 'of them, not heard of yet')
    .requiredOption('--p0 <rate>', 'failure rate that is normal, below 1/3')
    .requiredOption('--p-bad <rate>', 'failure rate that must be excluded')
    .option('--alpha <risk>', 'risk of halting a normal patch', '0.01')
    .option('--beta <risk>', 'risk of letting a bad one go on', '0.05');
  define(command, async (session, options: Options) => gate(session, options));
};
