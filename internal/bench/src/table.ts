import type { BenchRow } from './bench.ts';
import type { BenchReport, BenchSection } from './report.ts';

const header = ['what', 'ours', 'peer', 'ratio', 'unit', 'target', ''] as const;

function number(value: number | null): string {
  if (value === null) return '–';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

function verdict(row: BenchRow): string {
  if (row.target === null) return '';
  return row.ok ? 'ok' : 'MISSED';
}

function cells(row: BenchRow): string[] {
  const ratio = row.ratio === null ? '–' : `${number(row.ratio)}x`;
  return [row.what, number(row.ours), number(row.peer), ratio, row.unit, row.target ?? '–', verdict(row)];
}

/** The table as aligned plain text, for a terminal. */
export function textTable(rows: readonly BenchRow[]): string {
  const lines = [[...header], ...rows.map(cells)];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => (line[column] as string).length)));
  const format = (line: string[]): string =>
    line
      .map((cell, column) =>
        column > 0 && column < 4 ? cell.padStart(widths[column] as number) : cell.padEnd(widths[column] as number),
      )
      .join('  ')
      .trimEnd();
  return lines.map(format).join('\n');
}

function markdownSection(section: BenchSection): string {
  const escape = (cell: string): string => cell.replaceAll('|', '\\|');
  const line = (row: readonly string[]): string => `| ${row.map(escape).join(' | ')} |`;
  const table = [
    line(header),
    '| --- | ---: | ---: | ---: | --- | --- | --- |',
    ...section.rows.map((row) => line(cells(row))),
  ];
  const error = section.error === undefined ? [] : ['', `Broke off: ${section.error}`];
  return [`## ${section.name}`, '', `\`${section.file}\`, ${section.measuredAt}`, '', ...table, ...error].join('\n');
}

/** The whole report as Markdown. */
export function markdownReport(report: BenchReport): string {
  const { machine } = report;
  const facts = `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.os}, ${machine.arch}, Node ${machine.node}, OpenSSL ${machine.openssl}`;
  const intro = [
    '# Benchmark results',
    '',
    `Written by \`npx -y pnpm@12.21.0 bench\` on: ${facts}.`,
    '',
    'Ours and the peer ran in the same process in interleaved rounds; numbers are medians. A ratio above 1 means that ours is faster.',
  ].join('\n');
  return `${[intro, ...report.sections.map(markdownSection)].join('\n\n')}\n`;
}
