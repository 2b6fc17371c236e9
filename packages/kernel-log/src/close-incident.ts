import type { AttributeOptions, Attributed } from './attribute.ts';
import { attribute } from './attribute.ts';
import { culpritOf } from './culprit.ts';
import { isHelperFunction } from './helper-functions.ts';
import type { Incident } from './incident.ts';
import type { LivepatchWatch } from './livepatch-watch.ts';
import type { OpenIncident } from './open-incident.ts';
import { maxFrames } from './open-incident.ts';
import type { StackFrame } from './stack-frame.ts';
import { renderTitle, withoutNumbers } from './title.ts';

/** Makes the incident that is given out of what was read. */
export function closeIncident(open: OpenIncident, watch: LivepatchWatch, options: AttributeOptions): Incident {
  for (const module of open.listed) if (module.taint.includes('K')) watch.saw(module.name);
  const frames = stackOf(open);
  const attributed = attribute(open, watch, options);
  return {
    kind: open.rule.kind,
    title: titleOf(open, frames, patchFrameOf(frames, attributed)),
    rule: open.rule.id,
    ...attributed,
    seq: open.first.seq,
    lastSeq: open.lastSeq,
    timeUs: open.first.timeUs,
    line: open.line,
    trace: frames.slice(0, maxFrames).map((frame) => frame.text),
    tasks: [...open.tasks],
    taint: open.taint,
    livepatches: open.listed.filter((module) => module.state !== 'live' || watch.isLivepatch(module.name)),
    consequences: open.consequences,
    trusted: open.first.format === 'kmsg',
  };
}

function stackOf(open: OpenIncident): StackFrame[] {
  const pointer = open.pointer?.frame ?? null;
  if (pointer === null) return [...open.frames];
  return [pointer, ...open.frames.filter((frame, index) => index > 1 || frame.text !== pointer.text)];
}

/** The patch's function on the stack, where it stands there for sure. */
function patchFrameOf(frames: readonly StackFrame[], { evidence, module }: Attributed): StackFrame | undefined {
  const isOnStack = evidence === 'instruction-pointer' || evidence === 'stack-frame';
  return isOnStack ? frames.find((frame) => frame.module === module) : undefined;
}

/** A rule that guesses at what is telling in a random sample of a stack need not, where a patch's function is in it. */
function titleOf(open: OpenIncident, frames: readonly StackFrame[], patchFrame: StackFrame | undefined): string {
  const values = new Map<string, string>();
  for (const [name, value] of open.values) values.set(name, name === 'function' ? value : withoutNumbers(value));
  const named = values.get('function');
  const culprit = named === undefined || isHelperFunction(named) ? culpritOf(frames, open.rule) : undefined;
  const telling = open.rule.pick === undefined ? culprit : (patchFrame?.function ?? culprit);
  if (telling !== undefined) values.set('function', telling);
  return renderTitle(open.rule.title, values);
}
