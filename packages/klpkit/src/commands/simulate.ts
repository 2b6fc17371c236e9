import { parsePing } from '@klpkit/pings';
import {
  parseSimulation,
  type RecordedPing,
  replayPings,
  type ReplayStep,
  simulate,
  type SimulationPolicy,
  type SimulationStep,
} from '@klpkit/rollout';
import { CliError } from '../cli-error.ts';
import type { CommandFile, Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { readText } from '../files.ts';
import { asUnreadable, readJson } from '../policy-input.ts';

const hourMs = 3_600_000;

function stepLine(step: SimulationStep): string {
  const { atMs, event, by, tier, microPercent, machinesReached, failed, open } = step;
  const where = `${tier} ${microPercent / 1_000_000} %`;
  return `${(atMs / hourMs).toFixed(1).padStart(7)} h  ${event} (${by})  ${where}: ${machinesReached} reached, ${failed} failed, ${open} open`;
}

function replayLine({ at, decision, level, machinesReached, failed, open }: ReplayStep): string {
  return `${new Date(at).toISOString()}  ${decision} (level ${level}): ${machinesReached} reached, ${failed} failed, ${open} open`;
}

function recordedFrom(file: string, line: string, number: number): RecordedPing {
  return asUnreadable(`${file}, line ${number}`, () => {
    const json: unknown = parseLine(file, line, number);
    if (
      typeof json !== 'object' ||
      json === null ||
      !('receivedAt' in json) ||
      typeof json.receivedAt !== 'number' ||
      !('ping' in json)
    ) {
      throw new CliError('IO', `${file}, line ${number}: is not {"receivedAt":…,"ping":{…}}`);
    }
    return { receivedAt: json.receivedAt, ping: parsePing(json.ping) };
  });
}

function parseLine(file: string, line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new CliError('IO', `${file}, line ${number}: is not JSON`, { cause: error });
  }
}

async function replay(session: Session, plan: { recorded: string; policy: unknown }, file: string): Promise<ExitCode> {
  const { policy } = asUnreadable(file, () =>
    parseSimulation({ seed: 0, policy: plan.policy, population: { tiers: {}, answerMs: 1 } }),
  );
  const text = await readText(session.terminal.folder, plan.recorded);
  const recorded = text
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [recordedFrom(plan.recorded, line, index + 1)]));
  const result = asUnreadable(plan.recorded, () => replayPings(recorded.filter(isAttempt), gateOptionsOf(policy)));
  const summary = `${result.decision} after ${result.machinesReached} machines, ${result.machinesSpared} spared`;
  session.answer(result, [...result.steps.map(replayLine), summary].join('\n'));
  return exitCode.yes;
}

function isAttempt({ ping }: RecordedPing): boolean {
  return ping.kind !== 'check';
}

function gateOptionsOf({ gate, windowMs, caps }: SimulationPolicy): Parameters<typeof replayPings>[1] {
  return { policy: gate, windowMs, ...(caps === undefined ? {} : { caps }) };
}

async function run(session: Session, file: string): Promise<ExitCode> {
  const json = await readJson(session.terminal.folder, file);
  if (typeof json === 'object' && json !== null && 'recorded' in json && typeof json.recorded === 'string') {
    return replay(session, { recorded: json.recorded, policy: 'policy' in json ? json.policy : undefined }, file);
  }
  const { plan, policy, population, seed, release } = asUnreadable(file, () => parseSimulation(json));
  const { signal } = session.terminal;
  const result = asUnreadable(file, () => simulate(plan, policy, population, { seed, release, signal }));
  const { decision, machinesReached, machinesOpen, machinesFailed, machines } = result;
  const summary = `${decision}: ${machinesReached} of ${machines} machines reached (${machinesOpen} still open), ${machinesFailed} failed`;
  session.answer(result, [...result.steps.map(stepLine), summary].join('\n'));
  return exitCode.yes;
}

/** `klpkit simulate PLAN` */
export const simulateCommand: CommandFile = (program, define) => {
  const command = program
    .command('simulate')
    .description('play a rollout through on a drawn fleet, or recorded pings through a gate')
    .argument('<plan>', 'the simulation, JSON; its form is in the README of @klpkit/rollout');
  define<[string], object>(command, (session, file) => run(session, file));
};
