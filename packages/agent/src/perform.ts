import { type Effect, phaseOf } from './effect.ts';
import { askBlocklist, askServer, look } from './effect-ask.ts';
import { closeCrash } from './effect-crash.ts';
import { examine, examineControl, openControl } from './effect-examine.ts';
import { awaitInsertion, disable, force, insert, observe, reverse } from './effect-kernel.ts';
import { download, verify } from './effect-payload.ts';
import { advanceRecord, closeRecord, deliver, noteBoot, openRecord, report } from './effect-record.ts';
import type { StepEvent } from './step-event.ts';
import { failureOf } from './failure.ts';
import type { Hands } from './workbench.ts';

/** Runs the effects of one step in order. The first that fails ends the row; else the last answer is the next event. */
export async function perform(effects: readonly Effect[], hands: Hands): Promise<StepEvent | undefined> {
  let answer: StepEvent | undefined;
  for (const effect of effects) {
    try {
      hands.body.ports.onEvent?.({ kind: 'effect', effect });
      answer = (await run(effect, hands)) ?? answer;
    } catch (error) {
      hands.signal?.throwIfAborted();
      return {
        kind: 'failed',
        phase: phaseOf[effect.kind] ?? 'check',
        ...blame(error, hands.body.ports.hostNames),
        now: hands.body.epochMs(),
      };
    }
  }
  return answer;
}

type EveryDay =
  | 'ask'
  | 'look'
  | 'ask-blocklist'
  | 'download'
  | 'verify'
  | 'open-record'
  | 'advance-record'
  | 'close-record'
  | 'report'
  | 'deliver'
  | 'insert'
  | 'observe'
  | 'reverse'
  | 'examine';

function run(effect: Effect, hands: Hands): Promise<StepEvent | undefined> {
  switch (effect.kind) {
    case 'ask':
      return askServer(hands);
    case 'look':
      return look(hands);
    case 'ask-blocklist':
      return askBlocklist(hands);
    case 'download':
      return download(effect, hands);
    case 'verify':
      return verify(effect, hands);
    case 'open-record':
      return openRecord(effect, hands);
    case 'advance-record':
      return advanceRecord(effect, hands);
    case 'close-record':
      return closeRecord(effect, hands);
    case 'report':
      return report(effect, hands);
    case 'deliver':
      return deliver(hands);
    case 'insert':
      return insert(hands);
    case 'observe':
      return observe(effect, hands);
    case 'reverse':
      return reverse(effect, hands);
    case 'examine':
      return examine(effect, hands);
    default:
      return runRarer(effect, hands);
  }
}

/** Those of the ends and of the rarer ways. */
function runRarer(effect: Exclude<Effect, { kind: EveryDay }>, hands: Hands): Promise<StepEvent | undefined> {
  switch (effect.kind) {
    case 'disable':
      return disable(effect, hands);
    case 'force':
      return force(effect, hands);
    case 'await-insertion':
      return awaitInsertion(effect, hands);
    case 'close-crash':
      return closeCrash(effect, hands);
    case 'note-boot':
      return noteBoot(effect, hands);
    case 'open-control':
      return openControl(effect, hands);
    case 'examine-control':
      return examineControl(effect, hands);
    default:
      return effect satisfies never;
  }
}

function blame(
  error: unknown,
  hostNames: readonly string[] | undefined,
): Pick<Extract<StepEvent, { kind: 'failed' }>, 'failure' | 'inserter'> {
  const failure = failureOf(error, hostNames);
  if (failure.code === 'INSERTER_DIED') return { failure, inserter: 'died' };
  if (failure.code === 'INSERTER_HUNG') return { failure, inserter: 'hung' };
  return { failure };
}
