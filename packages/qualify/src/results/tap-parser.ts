import { QualifyError } from '../error.ts';
import {
  finishLevel,
  type Level,
  newLevel,
  orphans,
  type ReadContext,
  restart,
  takePlan,
  takeResult,
  takeText,
} from './tap-level.ts';
import { classifyTap } from './tap-line.ts';
import type { TestNode } from './test-node.ts';

/** Takes the lines of one TAP or KTAP stream, one by one. */
export interface TapParser {
  take(line: string, number: number): void;
  /** Whether anything but text was seen. */
  started(): boolean;
  end(): TestNode[];
}

/** The levels that are open; the outermost one always is. */
interface Nesting {
  top(): Level;
  open(indent: number, line: number, name?: string): void;
  close(line: number): void;
  /** Goes to the level of `indent` and closes what is deeper; opens one where `opens` allows it. False: the line is mere text. */
  moveTo(indent: number, line: number, opens: boolean): boolean;
  /** Closes all but the outermost. */
  unwind(): void;
  /** Takes the name that a comment gives the innermost level, or the one that comes next. */
  name(name: string): void;
}

function createNesting(context: ReadContext): Nesting {
  const levels: Level[] = [newLevel(0, 1, context)];
  const top = (): Level => levels.at(-1) as Level;
  const close = (line: number): void => {
    const level = levels.pop() as Level;
    const nodes = finishLevel(level, line, context);
    const parent = top();
    orphans(parent, parent.nodes, line, context);
    parent.closed = { nodes, name: level.name };
  };
  const open = (indent: number, line: number, name?: string): void => {
    if (levels.length >= context.limits.maxDepth) {
      throw new QualifyError('TOO_DEEP', `Tests are nested deeper than ${context.limits.maxDepth} levels.`, { line });
    }
    levels.push(newLevel(indent, line, context, name ?? top().announced));
  };
  return {
    top,
    open,
    close,
    moveTo(indent, line, opens) {
      const known = levels.some((level) => level.indent === indent);
      if (!known && (!opens || indent < top().indent)) return false;
      while (indent < top().indent) close(line);
      if (!known) open(indent, line);
      return true;
    },
    unwind() {
      while (levels.length > 1) close(top().openedAt);
    },
    name(name) {
      const level = top();
      const own = levels.length > 1 && level.results === 0 && level.name === undefined;
      if (own) levels[levels.length - 1] = { ...level, name };
      top().announced = name;
    },
  };
}

/** `# Subtest:` is printed at the subtest's own indentation (TAP 14, KUnit), or at the parent's, where it tells nothing new. */
function takeSubtest(nesting: Nesting, indent: number, line: number, name: string): void {
  const level = nesting.top();
  if (indent > level.indent) nesting.open(indent, line, name);
  else if (indent === level.indent) nesting.name(name);
}

/** A parser of TAP 12 to 14 and KTAP 1: nested by indentation, with plans first or last. */
export function createTapParser(context: ReadContext): TapParser {
  const nesting = createNesting(context);
  let started = false;
  const take = (text: string, number: number): void => {
    const indent = text.length - text.trimStart().length;
    const line = classifyTap(text.slice(indent));
    if (line.kind === 'subtest') takeSubtest(nesting, indent, number, line.name);
    else if (line.kind === 'version' && nesting.moveTo(indent, number, true)) restart(nesting.top(), number, context);
    else if (line.kind === 'plan' && nesting.moveTo(indent, number, true))
      takePlan(nesting.top(), line, number, context);
    else if (line.kind === 'result' && nesting.moveTo(indent, number, nesting.top().announced !== undefined)) {
      context.count(number);
      takeResult(nesting.top(), line.result, number, context);
    } else if (line.kind === 'bail')
      context.fault({ line: number, message: `Bailed out: ${line.reason.slice(0, 256)}` });
    else return takeText(nesting.top(), text, context);
    started ||= line.kind !== 'subtest' && line.kind !== 'bail';
  };
  return {
    take,
    started: () => started,
    end() {
      nesting.unwind();
      return started ? finishLevel(nesting.top(), nesting.top().openedAt, context) : [];
    },
  };
}
