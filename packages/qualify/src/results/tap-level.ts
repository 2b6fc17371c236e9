import type { RunFault } from '../test-result.ts';
import type { ResultLimits } from './limits.ts';
import { createTail, type Tail } from './tail.ts';
import type { TapResult } from './tap-line.ts';
import { leaf, type TestNode } from './test-node.ts';

/** What a parser needs from whoever reads the file. */
export interface ReadContext {
  readonly limits: ResultLimits;
  /** Called for each result. */
  count(line: number): void;
  fault(fault: RunFault): void;
}

/** One level of subtests while it is read. */
export interface Level {
  readonly indent: number;
  readonly openedAt: number;
  /** Given by `# Subtest:`; else the result line that follows tells it. */
  readonly name: string | undefined;
  readonly nodes: TestNode[];
  plan: { readonly count: number; readonly skip: string | undefined } | undefined;
  results: number;
  output: Tail;
  /** Subtests that were just closed: they belong to the next result of this level. */
  closed: { readonly nodes: TestNode[]; readonly name: string | undefined } | undefined;
  /** Name of the subtest that a comment announced: its results may follow without a version or a plan (TAP 14). */
  announced: string | undefined;
  /** The YAML block after the last result, while it is open. */
  yaml: { readonly text: Tail; durationMs: number | null } | undefined;
}

const yamlDuration = /^duration_ms: ['"]?(\d{1,12}(?:\.\d{1,12})?)['"]?$/;

/** A level without results. */
export function newLevel(indent: number, openedAt: number, { limits }: ReadContext, name?: string): Level {
  return {
    indent,
    openedAt,
    name,
    nodes: [],
    plan: undefined,
    results: 0,
    output: createTail(limits.maxOutput),
    closed: undefined,
    announced: undefined,
    yaml: undefined,
  };
}

function checkPlan(level: Level, line: number, context: ReadContext): void {
  const { plan, results } = level;
  if (plan === undefined) context.fault({ line, message: `No plan for ${results} results: the run may be cut off.` });
  else if (results !== plan.count && plan.skip === undefined)
    context.fault({ line, message: `${plan.count} tests were planned and ${results} gave a result.` });
}

const skippedWhole = ({ plan, results }: Level): boolean =>
  plan?.skip !== undefined && plan.count === 0 && results === 0;

/** Subtests whose parent never gave a result: the machine died in between, or the parent was stopped. */
export function orphans(level: Level, into: TestNode[], line: number, context: ReadContext): void {
  if (level.closed === undefined) return;
  const { nodes, name } = level.closed;
  level.closed = undefined;
  context.fault({
    line,
    message: `The subtests before have no result of their own${name === undefined ? '' : `: ${name}`}.`,
  });
  into.push({ ...leaf(name ?? '(unfinished)', 'missing', { output: level.output.text() }), children: nodes });
}

/** Takes a plan; the first one counts. */
export function takePlan(
  level: Level,
  plan: { readonly count: number; readonly skip: string | undefined },
  line: number,
  context: ReadContext,
): void {
  if (level.plan !== undefined) context.fault({ line, message: 'A second plan: the first one counts.' });
  else level.plan = { count: plan.count, skip: plan.skip };
}

/** Takes a result, with the subtests before it. */
export function takeResult(level: Level, result: TapResult, line: number, context: ReadContext): void {
  endYaml(level, context.limits.maxOutput);
  level.results += 1;
  if (result.number !== undefined && result.number !== level.results)
    context.fault({ line, message: `Result ${result.number} comes where ${level.results} was expected.` });
  const { name, status, reason } = result;
  const fallback = level.closed?.name ?? `test ${result.number ?? level.results}`;
  const node = leaf(name === '' ? fallback : name, status, { reason, output: level.output.text() });
  level.nodes.push({ ...node, children: level.closed?.nodes ?? [] });
  level.closed = undefined;
  level.announced = undefined;
  level.output = createTail(context.limits.maxOutput);
}

/** A second document in the same stream has its own plan. */
export function restart(level: Level, line: number, context: ReadContext): void {
  if (level.results === 0) return;
  checkPlan(level, line, context);
  level.plan = undefined;
  level.results = 0;
}

/** Text belongs to the next result, but for a YAML block, which belongs to the last one (TAP 13 and 14). */
export function takeText(level: Level, text: string, { limits }: ReadContext): void {
  const line = text.trim();
  if (level.yaml === undefined) {
    if (line === '---' && level.nodes.length > 0) level.yaml = { text: createTail(limits.maxOutput), durationMs: null };
    else level.output.add(text);
  } else if (line === '...') endYaml(level, limits.maxOutput);
  else {
    const duration = yamlDuration.exec(line)?.[1];
    if (duration !== undefined) level.yaml.durationMs = Number(duration);
    level.yaml.text.add(line);
  }
}

function endYaml(level: Level, maxOutput: number): void {
  const last = level.nodes.at(-1);
  if (level.yaml === undefined || last === undefined) return;
  const output = `${last.output}\n${level.yaml.text.text()}`.trimStart().slice(-maxOutput);
  level.nodes[level.nodes.length - 1] = { ...last, durationMs: level.yaml.durationMs, output };
  level.yaml = undefined;
}

/** Ends a level and gives its tests. */
export function finishLevel(level: Level, line: number, context: ReadContext): TestNode[] {
  endYaml(level, context.limits.maxOutput);
  checkPlan(level, line, context);
  if (skippedWhole(level)) return [leaf('(all)', 'skip', { reason: level.plan?.skip ?? '' })];
  orphans(level, level.nodes, line, context);
  return level.nodes;
}
