import type { TestStatus } from '../test-result.ts';
import { linesOf } from './lines.ts';
import { createTail, type Tail } from './tail.ts';
import { classifyTap, type TapResult } from './tap-line.ts';
import type { ReadContext } from './tap-level.ts';
import { createTapParser, type TapParser } from './tap-parser.ts';
import { leaf, type TestNode } from './test-node.ts';

/** A program of kselftest that has begun and not ended. */
interface Program {
  readonly name: string;
  readonly startedAt: number;
  readonly output: Tail;
  /** For the TAP that the program prints; its faults are none of the run's. */
  readonly nested: TapParser;
  /** For what the livepatch tests print: `TEST: name ... ok`. */
  readonly steps: TestNode[];
}

const title = /^# selftests: (\S[^\n]*)$/;
const stepLine = /^TEST: (\S.*?) ?\.\.\. ?(ok|not ok|SKIP)?$/;
const stepStatus: Readonly<Record<string, TestStatus>> = { ok: 'pass', 'not ok': 'fail', SKIP: 'skip' };

function begin(name: string, startedAt: number, context: ReadContext): Program {
  const { limits } = context;
  // A program's own plan says nothing about the runner's.
  const nested = createTapParser({ ...context, fault: () => undefined });
  return { name, startedAt, output: createTail(limits.maxOutput), nested, steps: [] };
}

function takeOutput(program: Program, text: string, line: number, context: ReadContext): void {
  program.output.add(text);
  program.nested.take(text, line);
  const step = stepLine.exec(text);
  if (step?.[1] !== undefined && step[2] !== undefined) {
    context.count(line);
    program.steps.push(leaf(step[1], stepStatus[step[2]] ?? 'error'));
  }
}

const partsOf = (program: Program | undefined): readonly TestNode[] => {
  if (program === undefined) return [];
  return program.nested.started() ? program.nested.end() : program.steps;
};

/** `livepatch: test-kprobe.sh`; the runner's word before it is the same for all. */
const nameOf = (text: string): string => text.replace(/^selftests: /, '');

function end(program: Program | undefined, result: TapResult): TestNode {
  const belongs = program !== undefined && program.name === nameOf(result.name);
  const output = belongs ? program.output.text() : '';
  const node = leaf(nameOf(result.name), result.status, { reason: result.reason, output });
  return { ...node, children: belongs ? partsOf(program) : [] };
}

function unfinished(program: Program, context: ReadContext): TestNode {
  context.count(program.startedAt);
  context.fault({ line: program.startedAt, message: `${program.name} has begun and has no result.` });
  return { ...leaf(program.name, 'missing', { output: program.output.text() }), children: partsOf(program) };
}

/** Reads what kselftest's runner prints (tools/testing/selftests/kselftest/runner.sh): each program's output behind `# `, then its result. */
export function readKselftest(text: string, context: ReadContext): TestNode[] {
  const nodes: TestNode[] = [];
  let program: Program | undefined;
  let planned = 0;
  for (const { number, text: line } of linesOf(text)) {
    const tap = classifyTap(line);
    const name = title.exec(line)?.[1];
    if (name !== undefined) {
      if (program !== undefined) nodes.push(unfinished(program, context));
      program = begin(name, number, context);
    } else if (tap.kind === 'result') {
      context.count(number);
      nodes.push(end(program, tap.result));
      program = undefined;
    } else if (tap.kind === 'plan') planned += tap.count;
    else if (program !== undefined) takeOutput(program, line.replace(/^# ?/, ''), number, context);
  }
  if (program !== undefined) nodes.push(unfinished(program, context));
  // A program without a result was told of already.
  if (planned !== nodes.length)
    context.fault({ line: 1, message: `${planned} programs were planned and ${nodes.length} were run.` });
  return nodes;
}
