import type { RunsOn } from '../graph/package-table.ts';
import type { BundleSize } from './bundle.ts';

export interface SizeRow extends BundleSize {
  readonly specifier: string;
  readonly runsOn: RunsOn;
}

const kib = (bytes: number): string => (bytes / 1024).toFixed(1);

const target: Record<RunsOn, string> = { any: 'browser', Node: 'Node', 'Linux, Node': 'Node' };

/** docs/sizes.md */
export function sizeTable(rows: readonly SizeRow[]): string {
  const lines = rows.map(
    (row) => `| \`${row.specifier}\` | ${target[row.runsOn]} | ${kib(row.minifiedBytes)} | ${kib(row.gzippedBytes)} |`,
  );
  return [
    '# Sizes',
    '',
    'What a program carries that uses all of an entry, its dependencies included: bundled and minified by esbuild, in KiB. A program that uses',
    'a part carries less. Native packages (koffi) are not in it. Written by `npx -y pnpm@12.21.0 sizes`.',
    '',
    '| entry | bundled for | minified | gzipped |',
    '| --- | --- | ---: | ---: |',
    ...lines,
    '',
  ].join('\n');
}
