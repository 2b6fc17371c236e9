import { QualifyError } from '../error.ts';
import type { TestResult, TestStatus } from '../test-result.ts';
import { maxNameCharacters, maxReasonCharacters, type ResultLimits } from './limits.ts';

/** A test while it is read: its subtests come before its own result. */
export interface TestNode {
  readonly name: string;
  readonly status: TestStatus;
  readonly durationMs: number | null;
  readonly reason: string;
  readonly output: string;
  readonly children: readonly TestNode[];
}

/** A node without subtests. */
export function leaf(
  name: string,
  status: TestStatus,
  more: { durationMs?: number | null; reason?: string; output?: string } = {},
): TestNode {
  const reason = (more.reason ?? '').trim().slice(0, maxReasonCharacters);
  return { name, status, durationMs: more.durationMs ?? null, reason, output: more.output ?? '', children: [] };
}

const withoutControls = (name: string): string => {
  const plain = name.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ').trim();
  return plain === '' ? '(no name)' : plain;
};

/** Counts what was read, against its limit. */
export function createCounter({ maxResults }: ResultLimits): (line: number) => void {
  let results = 0;
  return (line) => {
    results += 1;
    if (results <= maxResults) return;
    throw new QualifyError(
      'TOO_LARGE',
      `There are more than ${maxResults} results: split the run, or raise the limit.`,
      {
        line,
      },
    );
  };
}

/** The results of a tree, children before their parent as they are printed. Names are made unique. */
export function flatten(nodes: readonly TestNode[]): TestResult[] {
  const results: TestResult[] = [];
  const seen = new Map<string, number>();
  const visit = (node: TestNode, prefix: string): void => {
    const path = `${prefix}${withoutControls(node.name)}`.slice(0, maxNameCharacters);
    for (const child of node.children) visit(child, `${path} > `);
    const count = (seen.get(path) ?? 0) + 1;
    seen.set(path, count);
    const { status, durationMs, reason, output } = node;
    const name = count === 1 ? path : `${path} #${count}`;
    results.push({ name, status, durationMs, reason, output });
  };
  for (const node of nodes) visit(node, '');
  return results;
}
