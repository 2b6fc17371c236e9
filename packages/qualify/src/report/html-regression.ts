import type { RegressionReport, TestClass, TestComparison, TestTally } from '../regression-report.ts';
import { formatChance, formatDuration } from './format.ts';
import { type Markup, markup, type Part } from './markup.ts';

/** Most tests of one table; the JSON has all. */
const maxRows = 2000;

const classes: Readonly<Record<TestClass, { readonly style: string; readonly word: string }>> = {
  regression: { style: 'fail', word: '✗ regression' },
  vanished: { style: 'fail', word: '✗ vanished' },
  slower: { style: 'fail', word: '✗ slower' },
  suspect: { style: 'inconclusive', word: '? suspect' },
  skipped: { style: 'plain', word: '– skipped' },
  failing: { style: 'plain', word: 'fails on both' },
  flaky: { style: 'plain', word: 'flaky' },
  new: { style: 'plain', word: 'new' },
  fixed: { style: 'pass', word: '✓ fixed' },
  pass: { style: 'pass', word: '✓ passes' },
};

// A report that was read back may know classes that this version does not.
const classOf = (name: string): { readonly style: string; readonly word: string } =>
  Object.hasOwn(classes, name) ? classes[name as TestClass] : { style: 'plain', word: name };

const failures = ({ runs, failed, skipped }: TestTally): string => {
  if (runs === 0) return skipped > 0 ? 'skipped' : '–';
  return `${failed} of ${runs}`;
};

const median = ({ medianMs }: TestTally): string => (medianMs === null ? '–' : formatDuration(medianMs));

function rowOf(test: TestComparison): Markup {
  const { style, word } = classOf(test.class);
  const failure =
    test.lastFailure === ''
      ? null
      : markup`<details><summary class="muted">last failure on the patched kernel</summary><pre>${test.lastFailure}</pre></details>`;
  const slowdown = test.slowdown === null ? '–' : `× ${Number(test.slowdown.toPrecision(3))}`;
  return markup`<tr><td><span class="tag ${style}">${word}</span></td><td class="name">${test.name}${failure}</td>
<td class="number">${failures(test.unpatched)}</td><td class="number">${failures(test.patched)}</td><td class="number">${formatChance(test.adjustedP)}</td>
<td class="number">${median(test.unpatched)}</td><td class="number">${median(test.patched)}</td><td class="number">${slowdown}</td></tr>\n`;
}

function tableOf(tests: readonly TestComparison[], caption: string): Markup {
  const more =
    tests.length > maxRows ? markup`<p class="muted">${tests.length - maxRows} more are in the JSON report.</p>` : null;
  return markup`<div class="scroll"><table><caption>${caption}</caption><thead><tr><th scope="col">Result</th><th scope="col">Test</th>
<th scope="col" class="number">Failed unpatched</th><th scope="col" class="number">Failed patched</th><th scope="col" class="number">Chance</th>
<th scope="col" class="number">Time unpatched</th><th scope="col" class="number">Time patched</th><th scope="col" class="number">Ratio</th></tr></thead>
<tbody>${tests.slice(0, maxRows).map(rowOf)}</tbody></table></div>${more}`;
}

function chipsOf(tests: readonly TestComparison[]): Markup {
  const counts = new Map<string, number>();
  for (const test of tests) counts.set(test.class, (counts.get(test.class) ?? 0) + 1);
  const chips = [...counts].map(([name, count]) => {
    const { style, word } = classOf(name);
    return markup`<li><span class="tag ${style}">${count} ${word}</span></li>`;
  });
  return markup`<ul class="chips">${chips}</ul>`;
}

const explanation =
  'Chance: how often a patch that changes nothing would make some test look this bad, over all tests and looks.';

/** The comparison: what is not a plain pass first, the passes folded. */
export function regressionSection(report: RegressionReport | null): Markup {
  if (report === null)
    return markup`<section aria-labelledby="tests"><h2 id="tests">Tests on both kernels</h2><p class="muted">No tests were given: nothing was compared.</p></section>`;
  const { tests, runs, finished } = report;
  const told = `${runs.unpatched} runs unpatched, ${runs.patched} patched${finished ? '' : '; not finished'}.`;
  const passing = tests.filter((test) => test.class === 'pass');
  const others = tests.filter((test) => test.class !== 'pass');
  const parts: Part = [
    others.length === 0 ? null : tableOf(others, 'Tests that did not always pass on both kernels'),
    passing.length === 0
      ? null
      : markup`<details class="card"${others.length === 0 ? { markup: ' open' } : null}><summary>${passing.length} tests that always passed on both kernels</summary>${tableOf(passing, 'Tests that always passed')}</details>`,
  ];
  return markup`<section aria-labelledby="tests"><h2 id="tests">Tests on both kernels</h2><p class="muted">${told}</p>${chipsOf(tests)}${parts}<p class="muted">${explanation}</p></section>`;
}
