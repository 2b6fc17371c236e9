import sax, { type SAXParser, type Tag } from 'sax';
import { QualifyError } from '../error.ts';
import type { TestStatus } from '../test-result.ts';
import { createTail, type Tail } from './tail.ts';
import type { ReadContext } from './tap-level.ts';
import { leaf, type TestNode } from './test-node.ts';

/** Characters handed to the parser at a time. */
const chunkCharacters = 65_536;

interface Case {
  readonly name: string;
  readonly durationMs: number | null;
  status: TestStatus;
  reason: string;
  readonly output: Tail;
}

const endings: Readonly<Record<string, TestStatus>> = { failure: 'fail', error: 'error', skipped: 'skip' };
const printed = new Set(['failure', 'error', 'system-out', 'system-err']);

function malformed(message: string, line: number, cause?: unknown): QualifyError {
  return new QualifyError('MALFORMED_RESULTS', `${message}: have the report written again.`, { line, cause });
}

/** Seconds with a fraction; some writers put a comma between thousands. */
function durationOf(value: string | undefined, line: number): number | null {
  if (value === undefined || value === '') return null;
  const seconds = Number(value.replaceAll(',', ''));
  if (!Number.isFinite(seconds) || seconds < 0) throw malformed('A time is not a number of seconds', line);
  return seconds * 1000;
}

interface Reading {
  readonly nodes: TestNode[];
  readonly elements: string[];
  readonly suites: string[];
  current: Case | undefined;
}

const attribute = (tag: Tag, name: string): string | undefined =>
  Object.hasOwn(tag.attributes, name) ? tag.attributes[name] : undefined;

function openCase(tag: Tag, line: number, { suites }: Reading, context: ReadContext): Case {
  context.count(line);
  const name = attribute(tag, 'name');
  if (name === undefined) throw malformed('A testcase has no name', line);
  const group = attribute(tag, 'classname') || suites.at(-1) || '';
  return {
    name: group === '' || group === name ? name : `${group} > ${name}`,
    durationMs: durationOf(attribute(tag, 'time'), line),
    status: 'pass',
    reason: '',
    output: createTail(context.limits.maxOutput),
  };
}

function openElement(tag: Tag, line: number, reading: Reading, context: ReadContext): void {
  const { elements } = reading;
  if (elements.length === 0 && tag.name !== 'testsuites' && tag.name !== 'testsuite')
    throw malformed(`The outermost element is not testsuites or testsuite`, line);
  if (elements.length >= context.limits.maxDepth)
    throw new QualifyError('TOO_DEEP', `Elements are nested deeper than ${context.limits.maxDepth} levels.`, { line });
  elements.push(tag.name);
  if (tag.name === 'testsuite') reading.suites.push(attribute(tag, 'name') ?? '');
  if (tag.name === 'testcase') {
    if (reading.current !== undefined) throw malformed('A testcase is inside another', line);
    reading.current = openCase(tag, line, reading, context);
    return;
  }
  const status = Object.hasOwn(endings, tag.name) ? endings[tag.name] : undefined;
  if (reading.current === undefined || status === undefined) return;
  const { current } = reading;
  // A failure is not taken back by a `skipped` after it.
  if (current.status === 'pass' || current.status === 'skip') current.status = status;
  current.reason ||= attribute(tag, 'message') ?? attribute(tag, 'type') ?? '';
}

function closeElement(name: string, reading: Reading): void {
  reading.elements.pop();
  if (name === 'testsuite') reading.suites.pop();
  if (name !== 'testcase' || reading.current === undefined) return;
  const { current } = reading;
  reading.current = undefined;
  const { durationMs, reason, output } = current;
  reading.nodes.push(leaf(current.name, current.status, { durationMs, reason, output: output.text() }));
}

function listen(parser: SAXParser, reading: Reading, context: ReadContext): void {
  const line = (): number => parser.line + 1;
  const text = (value: string): void => {
    if (reading.current !== undefined && printed.has(reading.elements.at(-1) ?? '')) reading.current.output.add(value);
  };
  Object.assign(parser, {
    onerror(cause: Error) {
      throw malformed('This is not well-formed XML', line(), cause);
    },
    // Entities of one's own can grow a small file into a big text, or name other files.
    ondoctype() {
      throw malformed('A document type is not accepted here', line());
    },
    onopentag: (tag: Tag) => openElement(tag, line(), reading, context),
    onclosetag: (name: string) => closeElement(name, reading),
    ontext: text,
    oncdata: text,
  });
}

/** Reads JUnit's XML in the dialects that its many writers have. */
export function readJunit(text: string, context: ReadContext): TestNode[] {
  const reading: Reading = { nodes: [], elements: [], suites: [], current: undefined };
  // No more entities than XML itself has; the types do not know this option.
  const options = { position: true, trim: true, strictEntities: true };
  const parser = sax.parser(true, options);
  listen(parser, reading, context);
  for (let at = 0; at < text.length; at += chunkCharacters) parser.write(text.slice(at, at + chunkCharacters));
  if (reading.elements.length > 0) throw malformed('The XML ends in the middle of an element', parser.line + 1);
  parser.close();
  return reading.nodes;
}
