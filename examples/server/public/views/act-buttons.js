/** @import { PatchView } from '../../src/dashboard/views.ts' */
/** @import { Act } from './act-dialog.js' */
import { html } from '../html.js';

const names = { pause: 'Pause', resume: 'Resume', advance: 'Advance', promote: 'Promote', withdraw: 'Withdraw' };
/** @type {ReadonlySet<string>} */
const grave = new Set(['withdraw', 'block']);

/**
 * What an operator may do with this patch now; each opens a dialog that asks why.
 *
 * @param {PatchView} patch
 * @param {(act: Act) => void} open
 */
export function actButtons(patch, open) {
  const blocking = patch.blocklist.entries.map((entry) => ({
    type: /** @type {const} */ ('lift'),
    label: 'Lift block',
    entry,
  }));
  const acts = [
    ...patch.acts.map(({ type, override }) => ({ type, label: names[type], override })),
    ...(blocking.length > 0 ? blocking : [{ type: /** @type {const} */ ('block'), label: 'Block' }]),
  ];
  return html`<div class="acts" role="group" aria-label="Acts">
    ${acts.map(
      ({ label, ...act }) =>
        html`<button type="button" class=${grave.has(act.type) ? 'grave' : ''} data-act=${act.type} @click=${() => open({ ...act, patch })}>${label} …</button>`,
    )}
  </div>`;
}
