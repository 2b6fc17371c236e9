/**
 * One boot of a chain of panics: node panics.ts FOUND NEXT. Judges what the panic of FOUND left in pstore and prints a line
 * of JSON about it, then takes the machine down as NEXT says. Either may be `-` for none.
 */
import { describePanic } from './judge-panic.ts';
import { provokePanic } from './provoke-panic.ts';
import { resultMark, sayBegun } from './result-mark.ts';
import { loadPanic } from './load-scenario.ts';

const [found = '-', next = '-'] = process.argv.slice(2);
sayBegun();
if (found !== '-') {
  const result = await describePanic(found, await loadPanic(found));
  console.log(`${resultMark}${JSON.stringify(result)}`);
}
if (next !== '-') await provokePanic(await loadPanic(next));
process.exit(0);
