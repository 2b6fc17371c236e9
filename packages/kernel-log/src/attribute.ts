import type { Attribution, Evidence } from './incident.ts';
import type { LivepatchWatch } from './livepatch-watch.ts';
import type { OpenIncident } from './open-incident.ts';

/** To whom an incident is attributed, and why. */
export interface Attributed {
  readonly attribution: Attribution;
  readonly evidence: Evidence | null;
  readonly module: string | null;
}

/** What the caller knows of the load. */
export interface AttributeOptions {
  readonly module: string | undefined;
  readonly loadedSeq: number | undefined;
}

const nobody: Attributed = { attribution: 'none', evidence: null, module: null };

/** Attributes an incident whose lines are all read; the steps from `strong` to `none` are those of {@link Attribution}. */
export function attribute(open: OpenIncident, watch: LivepatchWatch, options: AttributeOptions): Attributed {
  if (open.rule.kind === 'external') return nobody;
  const { seq } = open.first;
  if (options.loadedSeq !== undefined && seq !== null && seq <= options.loadedSeq) return nobody;
  const at = open.pointer?.frame?.module ?? null;
  if (at !== null && watch.isLivepatch(at))
    return { attribution: 'strong', evidence: 'instruction-pointer', module: at };
  const frame = open.frames.find(({ module }) => module !== null && watch.isLivepatch(module));
  if (frame !== undefined) return { attribution: 'medium', evidence: 'stack-frame', module: frame.module };
  return attributePresence(open, watch, options);
}

function attributePresence(open: OpenIncident, watch: LivepatchWatch, options: AttributeOptions): Attributed {
  const listed = open.listed.filter(({ name }) => watch.isLivepatch(name));
  const moving = listed.find(({ state }) => state !== 'live');
  if (moving !== undefined) return { attribution: 'weak', evidence: 'loading', module: moving.name };
  const wild = open.pointer !== null && open.pointer.frame === null;
  const present = open.listSeen ? listedLast(listed, watch) : presumed(open, watch, options);
  const gone = wild && open.lastUnloaded !== null && watch.isLivepatch(open.lastUnloaded) ? open.lastUnloaded : null;
  const module = present ?? gone;
  return module === null ? nobody : { attribution: 'weak', evidence: wild ? 'wild-jump' : 'loaded', module };
}

/** Of several, the one loaded last: the log tells, else the list, which the kernel prints newest first. */
function listedLast(listed: OpenIncident['listed'], watch: LivepatchWatch): string | null {
  const newest = watch.loaded().findLast((name) => listed.some((module) => module.name === name));
  return newest ?? listed[0]?.name ?? null;
}

/** Without a module list, what the log or the caller said was loaded; a kernel that shows no K has none. */
function presumed(open: OpenIncident, watch: LivepatchWatch, options: AttributeOptions): string | null {
  if (open.taint !== null && !open.taint.includes('K')) return null;
  const newest = watch.loaded().at(-1);
  if (newest !== undefined) return newest;
  const vouched = options.loadedSeq !== undefined || open.taint?.includes('K') === true;
  return vouched ? (options.module ?? null) : null;
}
