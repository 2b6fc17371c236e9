import { QualifyError } from '../error.ts';
import type { TestStatus } from '../test-result.ts';
import { linesOf } from './lines.ts';
import { createTail, type Tail } from './tail.ts';
import type { ReadContext } from './tap-level.ts';
import { leaf, type TestNode } from './test-node.ts';

/** Bits of an LTP program's exit code (include/tst_res_flags.h). */
const ltpExit = { fail: 1, broken: 2, warning: 4, notConfigured: 32 } as const;

function statusOfExit(code: number): TestStatus {
  if (code === 0) return 'pass';
  if (code === ltpExit.notConfigured) return 'skip';
  return (code & ltpExit.fail) === 0 && (code & ltpExit.broken) !== 0 ? 'error' : 'fail';
}

const summaryLine = /^(\S{1,255})\s+(PASS|FAIL|CONF|BROK|WARN)\s+(-?\d{1,10})\s*$/;
const summaryStatus: Readonly<Record<string, TestStatus>> = {
  PASS: 'pass',
  FAIL: 'fail',
  CONF: 'skip',
  BROK: 'error',
  WARN: 'fail',
};

/** Reads the table that `runltp -l` writes. */
function readTable(text: string, context: ReadContext): TestNode[] {
  const nodes: TestNode[] = [];
  let total: number | undefined;
  for (const { number, text: line } of linesOf(text)) {
    const match = summaryLine.exec(line);
    if (match !== null) {
      context.count(number);
      const [, name = '', word = '', code = ''] = match;
      const node = leaf(name, summaryStatus[word] ?? 'error', { reason: word === 'PASS' ? '' : `${word} ${code}` });
      nodes.push(node);
    }
    const told = /^Total Tests: {0,8}(\d{1,9})\s*$/.exec(line)?.[1];
    if (told !== undefined) total = Number(told);
  }
  if (total === undefined) context.fault({ line: 1, message: 'There is no total: the run was cut off.' });
  else if (total !== nodes.length)
    context.fault({ line: 1, message: `${total} tests are counted and ${nodes.length} have a result.` });
  return nodes;
}

interface Block {
  tag: string;
  readonly startedAt: number;
  seconds: number | null;
  exit: number | undefined;
  termination: string;
  timedOut: boolean;
  readonly output: Tail;
}

const emptyBlock = (startedAt: number, context: ReadContext): Block => ({
  tag: '',
  startedAt,
  seconds: null,
  exit: undefined,
  termination: '',
  timedOut: false,
  output: createTail(context.limits.maxOutput),
});

function statusOfBlock({ exit, termination, timedOut }: Block): TestStatus {
  if (timedOut) return 'timeout';
  if (exit === undefined) return 'missing';
  return termination === 'exited' ? statusOfExit(exit) : 'error';
}

function nodeOf(block: Block, context: ReadContext): TestNode {
  context.count(block.startedAt);
  if (block.tag === '') {
    throw new QualifyError('MALFORMED_RESULTS', 'A test of LTP has no tag: the file is cut off or was edited.', {
      line: block.startedAt,
    });
  }
  const status = statusOfBlock(block);
  const reason = status === 'pass' || block.exit === undefined ? '' : `${block.termination} ${block.exit}`;
  const durationMs = block.seconds === null ? null : block.seconds * 1000;
  return leaf(block.tag, status, { durationMs, reason, output: block.output.text() });
}

function takeStatus(block: Block, line: string): void {
  const duration = /\bduration=(\d{1,9})\b/.exec(line)?.[1];
  if (duration !== undefined) block.seconds = Number(duration);
  const ended = /\btermination_type=(\w{1,32}) termination_id=(-?\d{1,10})\b/.exec(line);
  if (ended?.[1] === undefined) return;
  block.termination = ended[1];
  block.exit = Number(ended[2]);
}

/** Reads what `runltp -o` writes: the output of its driver, ltp-pan. */
function readBlocks(text: string, context: ReadContext): TestNode[] {
  const nodes: TestNode[] = [];
  let block: Block | undefined;
  let part: 'head' | 'output' | 'status' = 'head';
  const finish = (): void => {
    if (block !== undefined) nodes.push(nodeOf(block, context));
    block = undefined;
  };
  for (const { number, text: line } of linesOf(text)) {
    if (line === '<<<test_start>>>') {
      if (block !== undefined) context.fault({ line: number, message: `${block.tag} was not ended.` });
      finish();
      block = emptyBlock(number, context);
      part = 'head';
    } else if (line === '<<<test_output>>>') part = 'output';
    else if (line === '<<<execution_status>>>') part = 'status';
    else if (line === '<<<test_end>>>') finish();
    else if (block === undefined) continue;
    else if (part === 'head') block.tag ||= /^tag=(\S{1,255})/.exec(line)?.[1] ?? '';
    else if (part === 'status') takeStatus(block, line);
    else {
      block.timedOut ||= line.includes('Test timeouted, sending SIGKILL');
      block.output.add(line);
    }
  }
  if (block !== undefined) context.fault({ line: block.startedAt, message: `${block.tag} was not ended.` });
  finish();
  return nodes;
}

/** Reads either file of `runltp`. */
export function readLtp(text: string, context: ReadContext): TestNode[] {
  return text.includes('<<<test_start>>>') ? readBlocks(text, context) : readTable(text, context);
}
