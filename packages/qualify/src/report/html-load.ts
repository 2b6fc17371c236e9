import type { LoadStep, LoadTestReport, RedirectedFunction, ReportedIncident, WorkEvidence } from '../load-report.ts';
import { formatDuration } from './format.ts';
import { type Markup, markup, type Part } from './markup.ts';

const outcomes = {
  ok: { style: 'pass', word: '✓ ok' },
  failed: { style: 'fail', word: '✗ failed' },
  'not-run': { style: 'plain', word: '– not run' },
} as const;

function incidentPart({ kind, title, attribution, module, line, trace }: ReportedIncident): Markup {
  const culprit = module === null || module === undefined ? '' : `, attributed to ${module} (${attribution})`;
  return markup`<h3>${title}</h3><p class="muted">${kind}${culprit}</p><pre>${[line, ...(trace ?? [])].join('\n')}</pre>`;
}

function functionsPart(functions: readonly RedirectedFunction[]): Part {
  if (functions.length === 0) return null;
  const rows = functions.map(
    ({ object, name, sympos, redirected }) =>
      markup`<tr><td class="name">${name}</td><td class="name">${object}</td><td class="number">${sympos}</td><td>${redirected ? '✓ redirected' : '✗ not redirected'}</td></tr>`,
  );
  return markup`<div class="scroll"><table><caption>Functions of the patch, as sysfs lists them</caption>
<thead><tr><th scope="col">Function</th><th scope="col">Object</th><th scope="col" class="number">Position</th><th scope="col">State</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function workPart(work: readonly WorkEvidence[]): Part {
  if (work.length === 0) return null;
  const rows = work.map(
    ({ name, rounds, failures, medianMs, called }) =>
      markup`<tr><td class="name">${name}</td><td class="number">${rounds}</td><td class="number">${failures}</td><td class="number">${medianMs === null ? '–' : formatDuration(medianMs)}</td><td class="name">${called === null || called === undefined ? 'not known' : called.join(', ') || 'none'}</td></tr>`,
  );
  return markup`<div class="scroll"><table><caption>Work that went on meanwhile</caption>
<thead><tr><th scope="col">Workload</th><th scope="col" class="number">Rounds</th><th scope="col" class="number">Failed</th><th scope="col" class="number">Median</th><th scope="col">Patched functions called</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function countersPart({ before, after }: LoadStep): Part {
  if (before === null || after === null) return null;
  const told = (name: string, from: number | null, to: number | null): string =>
    `${name} ${from ?? 'not counted'}${from === to ? '' : ` → ${to ?? 'not counted'}`}`;
  const parts = [
    told('taint', before.tainted, after.tainted),
    told('oopses', before.oops, after.oops),
    told('warnings', before.warn, after.warn),
  ];
  return markup`<p class="muted">Counters: ${parts.join(', ')}</p>`;
}

function stepPart(step: LoadStep): Markup {
  const { style, word } = outcomes[step.outcome];
  const head = markup`<span><span class="tag ${style}">${word}</span></span><span><b>${step.title}</b> <span class="muted">${step.detail}</span></span><span class="muted">${step.outcome === 'not-run' ? '' : formatDuration(step.durationMs)}</span>`;
  const evidence: Part = [
    step.incidents.map(incidentPart),
    countersPart(step),
    functionsPart(step.functions),
    workPart(step.work),
  ];
  const body = markup`${evidence}`;
  if (body.markup === '') return markup`<li class="card step"><div class="row">${head}</div></li>`;
  const open = step.outcome === 'failed' ? { markup: ' open' } : null;
  return markup`<li class="card step"><details${open}><summary>${head}</summary>${body}</details></li>`;
}

/** The load test: a step a row, opened where something went wrong. */
export function loadSection({ accelerator, durationMs, steps, console: serial }: LoadTestReport): Markup {
  const machine =
    accelerator === null
      ? 'No machine was booted.'
      : `In ${formatDuration(durationMs)}, ${accelerator === 'kvm' ? 'with KVM' : 'emulated (TCG)'}.`;
  const end =
    serial === ''
      ? null
      : markup`<details open><summary>The end of the serial console</summary><pre>${serial}</pre></details>`;
  return markup`<section aria-labelledby="load"><h2 id="load">Load test</h2><p class="muted">${machine}</p>
<ol class="steps">${steps.map(stepPart)}</ol>${end}</section>`;
}
