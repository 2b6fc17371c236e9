import type { Markup } from './markup.ts';

/** The page's style: system fonts, light and dark by what the reader's system asks for, contrast of at least 4.5 to 1, no colour without a word. */
export const style: Markup = {
  markup: `
:root {
  color-scheme: light dark;
  --text: light-dark(#1b1f24, #e8eaed);
  --muted: light-dark(#56606b, #a4adb8);
  --page: light-dark(#f6f7f9, #111418);
  --card: light-dark(#ffffff, #1a1f25);
  --line: light-dark(#d9dee4, #323a44);
  --good: light-dark(#12692f, #6fd48d);
  --good-back: light-dark(#e3f5e8, #12301c);
  --bad: light-dark(#a8201a, #ff938a);
  --bad-back: light-dark(#fdeae8, #3d1613);
  --doubt: light-dark(#7a4d00, #f0c05a);
  --doubt-back: light-dark(#fdf3dc, #36290a);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
p { margin: .25rem 0; }
code, pre, .name { font-family: ui-monospace, monospace; font-size: .875em; overflow-wrap: anywhere; }
pre { background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; margin: .5rem 0; overflow: auto; max-height: 28rem; white-space: pre-wrap; }
.muted { color: var(--muted); }
.verdict { border-radius: 10px; padding: 1.25rem 1.5rem; border: 1px solid currentColor; }
.verdict p { color: var(--text); }
.verdict strong { font-size: 1.1rem; display: block; margin-bottom: .25rem; }
.pass { color: var(--good); background: var(--good-back); }
.fail { color: var(--bad); background: var(--bad-back); }
.inconclusive { color: var(--doubt); background: var(--doubt-back); }
.tag { display: inline-block; border-radius: 999px; padding: 0 .6rem; font-size: .8125rem; font-weight: 600; white-space: nowrap; }
.tag.plain { color: var(--muted); background: var(--page); border: 1px solid var(--line); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .75rem 1rem; margin: .5rem 0; }
ul.reasons { list-style: none; margin: 1rem 0 0; padding: 0; }
ul.reasons li { padding: .6rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
ul.reasons li:first-child { border-top: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; margin: 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
ol.steps { list-style: none; margin: 0; padding: 0; }
summary { cursor: pointer; }
.step summary > :last-child::after { content: ' ▸'; }
.step details[open] summary > :last-child::after { content: ' ▾'; }
summary:focus-visible, a:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
.step summary, .step .row { display: grid; grid-template-columns: 7rem 1fr max-content; gap: .75rem; align-items: baseline; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
caption { text-align: left; color: var(--muted); padding: 0 0 .5rem; }
th, td { text-align: left; padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; font-size: .8125rem; color: var(--muted); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.name { min-width: 14rem; }
.chips { display: flex; flex-wrap: wrap; gap: .5rem; margin: .5rem 0 1rem; padding: 0; list-style: none; }
footer { margin-top: 3rem; font-size: .875rem; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } .step summary, .step .row { grid-template-columns: 1fr; gap: .1rem; } }
@media print { body { background: none; } .card, .verdict { break-inside: avoid; } }
`,
};
