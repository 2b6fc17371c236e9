/** @import { PatchSummary } from '../../src/dashboard/views.ts' */
/** @import { State } from '../app.js' */
import { count, share } from '../format.js';
import { html, nothing, repeat, svg } from '../html.js';
import { badge, needsAttention, statusOf } from '../status.js';
import { logo } from './logo.js';

const connections = { live: 'Live', connecting: 'Connecting …', lost: 'Not live, trying again' };

/**
 * What stands around every view: who is signed in, whether it is live, the list of patches.
 *
 * @param {object} options
 * @param {State} options.state
 * @param {unknown} options.main
 * @param {(filter: string) => void} options.setFilter
 * @param {() => void} options.leave
 */
export function shell({ state, main, setFilter, leave }) {
  const { session, connection, problem } = state;
  return html`
    <a class="skip" href="#main" @click=${skip}>Skip to the patch</a>
    <header class="top">
      <a class="brand" href="#/">${logo} klpkit</a>
      <p class="connection ${connection}"><span class="dot" aria-hidden="true"></span>${connections[connection]}</p>
      <p class="who"><span>${session?.name}</span> <span class="muted">${session?.role}</span></p>
      <button type="button" class="quiet" @click=${leave}>Sign out</button>
    </header>
    <div class="columns ${state.key === undefined ? 'at-overview' : 'at-patch'}">
      ${patchList(state, setFilter)}
      <main id="main" tabindex="-1">
        ${problem === undefined ? nothing : html`<p class="problem" role="alert">${problem}</p>`} ${main}
      </main>
    </div>
  `;
}

/** The address is the patch's; a jump to #main would lose it. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/**
 * @param {State} state
 * @param {(filter: string) => void} setFilter
 */
function patchList({ overview, filter, key }, setFilter) {
  const wanted = filter.trim().toLowerCase();
  const isWanted = (/** @type {PatchSummary} */ patch) =>
    [patch.key, patch.kernel, statusOf(patch).text, ...patch.fixes].some((text) => text.toLowerCase().includes(wanted));
  const all = overview?.patches ?? [];
  const found = all.filter(isWanted).toSorted((a, b) => Number(needsAttention(b)) - Number(needsAttention(a)));
  return html`<nav class="patches" aria-label="Patches">
    <label class="filter"
      ><span class="visually-hidden">Filter patches by name, kernel, CVE or status</span>
      <input type="search" placeholder="Filter ${count(all.length)} patches" .value=${filter} @input=${(/** @type {InputEvent} */ event) => setFilter(/** @type {HTMLInputElement} */ (event.target).value)} />
    </label>
    <ul>
      ${repeat(
        found,
        (patch) => patch.key,
        (patch) => item(patch, patch.key === key),
      )}
    </ul>
    ${found.length === 0 ? html`<p class="muted empty">${all.length === 0 ? 'Nothing is published yet.' : 'No patch is like that.'}</p>` : nothing}
  </nav>`;
}

/**
 * @param {PatchSummary} patch
 * @param {boolean} isOpen
 */
function item(patch, isOpen) {
  const { n, failed } = patch.evidence;
  return html`<li>
    <a href="#/patches/${patch.key}" aria-current=${isOpen ? 'page' : nothing}>
      <span class="row"><strong class="key">${patch.key}</strong>${badge(patch)}</span>
      <span class="row muted small"><span class="key">${patch.kernel}</span><span>${patch.tier} ${share(patch.microPercent)}</span></span>
      ${bar(patch)}
      <span class="row muted small"><span>${count(n)} began</span><span class=${failed > 0 ? 'failed' : ''}>${count(failed)} failed</span></span>
    </a>
  </li>`;
}

/** @param {PatchSummary} patch */
function bar(patch) {
  const width = `${patch.microPercent / 1e6}%`;
  return html`<svg class="bar thin ${statusOf(patch).tone}" aria-hidden="true">${svg`<rect class="ground" width="100%" height="100%" /><rect class="fill" width=${width} height="100%" />`}</svg>`;
}
