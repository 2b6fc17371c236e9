import type { QualificationReport } from '../qualification-report.ts';
import type { Reason, Verdict } from '../verdict.ts';
import { formatDuration, formatTime } from './format.ts';
import { loadSection } from './html-load.ts';
import { regressionSection } from './html-regression.ts';
import { style } from './html-style.ts';
import { type Markup, markup } from './markup.ts';

const verdicts: Readonly<Record<Verdict, { readonly word: string; readonly sentence: string }>> = {
  pass: { word: '✓ Pass', sentence: 'Nothing speaks against a release on this kernel.' },
  fail: { word: '✗ Fail', sentence: 'This patch must not be released.' },
  inconclusive: { word: '? Inconclusive', sentence: 'It is not known to be good, so it is not released.' },
};

const weights = {
  fails: { style: 'fail', word: 'fails' },
  doubts: { style: 'inconclusive', word: 'doubt' },
  notes: { style: 'plain', word: 'note' },
} as const;

function reasonPart({ code, weight, message }: Reason): Markup {
  const { style: look, word } = weights[weight];
  return markup`<li><span class="tag ${look}">${word}</span> <code>${code}</code><p>${message}</p></li>`;
}

function factsPart({ kernel, patch, startedAt, finishedAt }: QualificationReport): Markup {
  const took = formatDuration(Math.max(0, finishedAt - startedAt));
  return markup`<section aria-labelledby="what"><h2 id="what">What was tried</h2><div class="card"><dl>
<dt>Patch</dt><dd><code>${patch.module}</code>, ${patch.size.toLocaleString('en')} bytes</dd>
<dt>SHA-256 of the patch</dt><dd><code>${patch.sha256}</code></dd>
<dt>Kernel</dt><dd><code>${kernel.release}</code> on ${kernel.arch}${kernel.origin === '' ? '' : `, ${kernel.origin}`}</dd>
<dt>SHA-256 of the kernel</dt><dd><code>${kernel.sha256}</code></dd>
<dt>When</dt><dd>${formatTime(startedAt)} to ${formatTime(finishedAt)}, ${took}</dd></dl></div></section>`;
}

/**
 * The report as one page for people: no script, no other file, nothing that is fetched; everything that a kernel or a test printed is escaped. It follows the
 * reader's choice of light or dark and can be printed.
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { reportToHtml, type QualificationReport } from '@klpkit/qualify';
 *
 * export const save = (report: QualificationReport): Promise<void> => writeFile('report.html', reportToHtml(report));
 * ```
 */
export function reportToHtml(report: QualificationReport): string {
  const { verdict, reasons, kernel, patch } = report;
  const { word, sentence } = verdicts[verdict];
  const why = reasons.length === 0 ? null : markup`<ul class="reasons">${reasons.map(reasonPart)}</ul>`;
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${word.slice(2)}: ${patch.module} on ${kernel.release}</title>
<style>${style}</style>
</head>
<body>
<main>
<header class="verdict ${verdict}"><strong>${word}</strong><h1>${patch.module} on ${kernel.release}</h1><p>${sentence}</p></header>
${why}
${factsPart(report)}
${loadSection(report.load)}
${regressionSection(report.regression)}
<footer class="muted">Made by klpkit. This page proves nothing by itself: the signed evidence does, which names the JSON report by its digest.</footer>
</main>
</body>
</html>
`;
  return page.markup;
}
