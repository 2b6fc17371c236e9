import { commitIn, uniqueCommits } from './commit.ts';
import { isDebianVersion } from './debian-version.ts';
import { emptyRecord, isKernelSource, malformed, type ReadContext, withinEntries } from './read-context.ts';
import type { Statement, Status, VendorWord, VulnerabilityRecord } from './record.ts';
import { isCve, oneLine } from './text.ts';
import { readVendorWord } from './vendor-word.ts';

interface Note {
  readonly text: string;
  readonly line: number;
}
interface Entry {
  readonly id: string;
  readonly description: string;
  readonly line: number;
  readonly notes: Note[];
}

// `<no-dsa>`, `<ignored>` and `<postponed>` say that the suite is affected and no advisory is made.
const states: Readonly<Record<string, Status | 'absent'>> = {
  'not-affected': 'unaffected',
  unfixed: 'affected',
  'no-dsa': 'affected',
  ignored: 'affected',
  postponed: 'affected',
  'end-of-life': 'unknown',
  undetermined: 'unknown',
  removed: 'absent',
  itp: 'absent',
};
const header = /^((?:CVE-[0-9]{4}-(?:[0-9]{4,19}|XXXX)|TEMP-[\w-]+))(?:\s+[[(](.*)[)\]])?$/;
const flags = /^(?:RESERVED|REJECTED)$|^(?:NOT-FOR-US|NOTE|TODO|HIDDEN):|^\{[^{}]*\}$/;

function entriesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const content = raw.trimEnd();
    const line = index + 1;
    if (content === '') continue;
    if (/^\s/.test(content)) {
      const entry = entries.at(-1);
      if (entry === undefined) throw malformed(`line ${line}`, 'an annotation before the first entry.');
      entry.notes.push({ text: content.trim(), line });
      continue;
    }
    const [, id, description = ''] = header.exec(content) ?? [];
    if (id === undefined)
      throw malformed(`line ${line}`, 'expected "CVE-… (description)", or a blank before an annotation.');
    entries.push({ id, description, line, notes: [] });
  }
  return entries;
}

interface PackageNote {
  readonly source: string;
  readonly statement: Statement | undefined;
  readonly word: VendorWord | undefined;
}

const form = /^(?:\[([a-z-]{1,40})\] +)?- +([a-z0-9][a-z0-9.+-]{0,80})(?: +(<[a-z-]+>|\S+))?(?: +\((.*)\))?$/;

function wordIn(remark: string): VendorWord | undefined {
  const words = remark.split(';').map((part) => readVendorWord('debian', part.trim()));
  return words.find((word) => word !== undefined && word !== null) ?? undefined;
}

/** One line on a package: `[bookworm] - linux 6.1.94-1`, `- linux <unfixed> (low)`. Without a suite it is about unstable. */
function packageNote({ text, line }: Note): PackageNote | undefined {
  if (flags.test(text)) return undefined;
  const [, suite = 'sid', source = '', state = '<unfixed>', remark = ''] = form.exec(text) ?? [];
  if (source === '') throw malformed(`line ${line}`, 'this is no annotation of the list.');
  const word = wordIn(remark);
  const common = { kind: 'package', by: 'debian', suite, source } as const;
  if (state.startsWith('<')) {
    const status = states[state.slice(1, -1)];
    if (status === undefined) throw malformed(`line ${line}`, `${state} is no state of a package.`);
    return { source, word, statement: status === 'absent' ? undefined : { ...common, status, fixedIn: null } };
  }
  if (!isDebianVersion(state)) throw malformed(`line ${line}`, "must be a package's version.");
  return { source, word, statement: { ...common, status: 'affected', fixedIn: state } };
}

function recordOf(entry: Entry, { file, limits }: ReadContext): VulnerabilityRecord[] {
  const at = `line ${entry.line}`;
  withinEntries(entry.notes.length, at, limits);
  const notes = entry.notes.flatMap((note) => packageNote(note) ?? []);
  const rejected = entry.notes.some(({ text }) => text === 'REJECTED');
  const kernels = notes.filter(({ source }) => isKernelSource(source));
  if (!isCve(entry.id) || (kernels.length === 0 && !rejected)) return [];
  // What introduced the flaw is noted in the same way as what fixed it.
  const links = entry.notes.filter(({ text }) => text.startsWith('NOTE:') && !/introduced/i.test(text));
  return [
    {
      ...emptyRecord({ cve: entry.id, format: 'debian-list', file, at }),
      rejected: rejected ? 'rejected, as Debian lists it' : null,
      kernel: kernels.length > 0 ? true : null,
      title: oneLine(
        entry.description.replace(/^In the Linux kernel, the following vulnerability has been resolved:\s*/, ''),
      ),
      words: kernels.flatMap(({ word }) => word ?? []).slice(0, 1),
      fixCommits: uniqueCommits(
        links.flatMap(({ text }) =>
          text
            .slice(0, 2048)
            .split(/\s+/)
            .flatMap((part) => commitIn(part) ?? []),
        ),
      ),
      statements: kernels.flatMap(({ statement }) => statement ?? []),
    },
  ];
}

/** Reads the list that Debian's tracker is kept in (`data/CVE/list`): the kernel's CVEs, and those that were rejected. */
export function readDebianList(text: string, context: ReadContext): VulnerabilityRecord[] {
  return entriesOf(text).flatMap((entry) => {
    context.signal?.throwIfAborted();
    return recordOf(entry, context);
  });
}
