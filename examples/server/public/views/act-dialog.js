/** @import { BlockEntry } from '@klpkit/blocklist' */
/** @import { PatchView } from '../../src/dashboard/views.ts' */
import { ask } from '../api.js';
import { submitted } from '../form.js';
import { html, nothing } from '../html.js';

/**
 * What a person is about to do, and to which patch.
 *
 * @typedef {{ patch: PatchView } & ({ type: 'pause' | 'resume' | 'advance' | 'promote' | 'withdraw', override: boolean } | { type: 'block' } | { type: 'lift', entry: BlockEntry })} Act
 */

/** @type {Readonly<Record<Act['type'], { title: string, button: string, says: string }>>} */
const acts = {
  pause: {
    title: 'Pause the rollout of',
    button: 'Pause',
    says: 'No further machine gets the patch until somebody resumes it. Where it runs, it keeps running.',
  },
  resume: {
    title: 'Resume the rollout of',
    button: 'Resume',
    says: 'It goes on where it stood. The gate stops it again only on more evidence than there is now.',
  },
  advance: { title: 'Advance', button: 'Advance', says: 'The next share of the tier gets the patch.' },
  promote: { title: 'Promote', button: 'Promote', says: 'The next tier is opened.' },
  withdraw: {
    title: 'Withdraw',
    button: 'Withdraw',
    says: 'The rollout ends for good; only a re-roll follows. Machines that run the patch are not told to stop: block it for that.',
  },
  block: { title: 'Block', button: 'Block', says: 'Machines hear of it with their next check.' },
  lift: {
    title: 'Lift the block of',
    button: 'Lift',
    says: 'Machines may take the patch again, as far as its rollout lets them.',
  },
};

/**
 * Asks once more, and why. Its words go into the audit trail; the blocklist goes to machines, which get a code in place of them.
 *
 * @param {object} options
 * @param {Act} options.act
 * @param {() => void} options.close
 * @param {() => Promise<void>} options.done
 */
export function actDialog({ act, close, done }) {
  const { title, button, says } = acts[act.type];
  const isGrave = act.type === 'block' || act.type === 'withdraw';
  return html`<dialog aria-labelledby="act-title" aria-describedby="act-says" @close=${(/** @type {Event} */ { currentTarget }) => closed(currentTarget) && close()}>
    <form @submit=${(/** @type {SubmitEvent} */ event) => void submit(event, act, done)}>
      <h2 id="act-title">${title} <span class="key">${act.patch.key}</span>?</h2>
      <p id="act-says">${says}</p>
      ${warning(act)} ${act.type === 'block' ? actionField() : nothing}
      ${act.type === 'block' || act.type === 'lift' ? html`${reasonField()} ${wordsField()}` : noteField()}
      <p class="problem" role="alert" data-error></p>
      <div class="acts">
        <button type="button" @click=${closeDialog}>Cancel</button>
        <button type="submit" class=${isGrave ? 'grave filled' : 'primary'}>${button}</button>
      </div>
    </form>
  </dialog>`;
}

/** Closed and not only taken away: so the focus goes back to the button that opened it. @param {Event} event */
function closeDialog({ target }) {
  /** @type {Element} */ (target).closest('dialog')?.close();
}

/** The event comes a moment after the end: whoever was quick has opened it again by then. @param {EventTarget | null} dialog */
function closed(dialog) {
  return !(/** @type {HTMLDialogElement} */ (dialog).open);
}

/** @param {Act} act */
function warning(act) {
  const { decision, explanation } = act.patch;
  if (act.type !== 'advance' && act.type !== 'promote' && act.type !== 'resume') return nothing;
  return html`${'override' in act && act.override ? html`<p class="warning">This cuts the soak time short.</p>` : nothing}
  ${decision.decision === 'advance' && decision.level === 'none' ? nothing : html`<p class="warning">The gate would not: ${explanation}</p>`}`;
}

function noteField() {
  return html`<label>Reason <textarea name="reason" required maxlength="1000" rows="3" autofocus></textarea></label>`;
}

function reasonField() {
  return html`<label
    >Reason, lower case with dashes; machines are told
    <input name="reason" required pattern="[a-z][a-z0-9\\-]{0,63}" placeholder="kernel-fault" list="reasons" autocomplete="off" spellcheck="false" autofocus />
    <datalist id="reasons"><option value="kernel-fault"></option><option value="hang"></option><option value="slower"></option><option value="wrong-fix"></option><option value="false-alarm"></option></datalist>
  </label>`;
}

function wordsField() {
  return html`<label>In your words, for the audit trail alone <textarea name="words" maxlength="1000" rows="3"></textarea></label>`;
}

function actionField() {
  return html`<fieldset>
    <legend>What machines are asked to do</legend>
    <label class="choice"><input type="radio" name="action" value="no-offer" /> do not offer it to machines without it</label>
    <label class="choice"><input type="radio" name="action" value="no-apply" checked /> do not apply it, also not again after a reboot</label>
    <label class="choice"><input type="radio" name="action" value="disable" /> take it out where it runs</label>
  </fieldset>`;
}

/**
 * @param {SubmitEvent} event
 * @param {Act} act
 * @param {() => Promise<void>} done
 */
function submit(event, act, done) {
  const { text, run } = submitted(event);
  return run(async () => {
    await send(act, { reason: text('reason').trim(), words: text('words').trim(), action: text('action') });
    await done();
  });
}

/**
 * @param {Act} act
 * @param {{ reason: string, words: string, action: string }} given
 */
function send(act, { reason, words, action }) {
  const { key } = act.patch;
  const note = words === '' ? {} : { note: words };
  if (act.type === 'block')
    return ask('POST', '/v1/admin/blocklist', { entry: { release: key, action, reason }, ...note });
  if (act.type === 'lift')
    return ask('POST', '/v1/admin/blocklist/lift', { release: key, sha256: act.entry.sha256, reason, ...note });
  const override = act.override ? { override: true } : {};
  return ask('POST', `/v1/admin/rollouts/${encodeURIComponent(key)}/events`, {
    type: act.type,
    note: reason,
    ...override,
  });
}
