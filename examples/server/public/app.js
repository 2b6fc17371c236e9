/** @import { OverviewView, PatchView, SignInView } from '../src/dashboard/views.ts' */
/** @import { Session } from './api.js' */
/** @import { Connection, Notice } from './live.js' */
/** @import { Act } from './views/act-dialog.js' */
import { announce, changesOf } from './announce.js';
import { ApiError, ask, signOut, whoAmI } from './api.js';
import { nothing, render } from './html.js';
import { listen } from './live.js';
import { takeSignInProblem } from './sign-in-problem.js';
import { statusOf } from './status.js';
import { actDialog } from './views/act-dialog.js';
import { loginView } from './views/login.js';
import { overviewView } from './views/overview.js';
import { patchView } from './views/patch.js';
import { shell } from './views/shell.js';

/**
 * All that the page knows. It is drawn from this and nothing else.
 *
 * @typedef {object} State
 * @property {Session | undefined} session
 * @property {OverviewView | undefined} overview
 * @property {PatchView | undefined} patch
 * @property {string | undefined} key the patch that the address names
 * @property {string} filter
 * @property {Connection} connection
 * @property {string | undefined} problem
 * @property {boolean} provider whether one may sign in at an identity provider
 * @property {Act | undefined} act what a person is about to do
 * @property {number} width of the chart, px
 */

/** @type {State} */
const state = {
  session: undefined,
  overview: undefined,
  patch: undefined,
  key: keyOfAddress(),
  filter: '',
  connection: 'connecting',
  problem: takeSignInProblem(),
  provider: false,
  act: undefined,
  width: 640,
};
const root = /** @type {HTMLElement} */ (document.getElementById('app'));
root.replaceChildren();
let stop = () => {};
/** The act whose dialog is open. @type {Act | undefined} */
let shown;

/** @param {Partial<State>} change */
function update(change) {
  Object.assign(state, change);
  draw();
}

function draw() {
  document.title = [state.patch && `${state.patch.key}: ${statusOf(state.patch).text}`, 'klpkit']
    .filter(Boolean)
    .join(' – ');
  if (state.session === undefined) {
    render(loginView({ problem: state.problem, provider: state.provider, signedIn: start }), root);
    return;
  }
  const main =
    state.key === undefined
      ? overviewView(state)
      : patchView({ ...state, canAct: state.session.role !== 'viewer', open: (act) => update({ act }) });
  const dialog =
    state.act === undefined ? nothing : actDialog({ act: state.act, close: () => update({ act: undefined }), done });
  render([shell({ state, main, setFilter: (filter) => update({ filter }), leave: () => void leave() }), dialog], root);
  // Once for every act: a dialog that is closing at this moment must not open again.
  if (shown !== state.act && state.act !== undefined) root.querySelector('dialog')?.showModal();
  shown = state.act;
}

function keyOfAddress() {
  const key = /^#\/patches\/(.+)$/.exec(location.hash)?.[1];
  try {
    return key && decodeURIComponent(key);
  } catch {
    return undefined; // Half an escape: a link that was cut off.
  }
}

/** @param {Session} session */
async function start(session) {
  update({ session, problem: undefined });
  focusIfLost();
  stop();
  stop = listen({
    change: onChange,
    connection: (connection) => update({ connection }),
    refused: () => void recheck(),
  });
  await refresh();
}

async function leave() {
  stop();
  await signOut().catch(() => undefined);
  update({ session: undefined, overview: undefined, patch: undefined, act: undefined });
}

async function recheck() {
  try {
    if ((await whoAmI()) !== undefined) return;
    stop();
    update({ session: undefined, problem: 'Your session has ended. Sign in again.' });
  } catch {
    // The server is away: the next try asks again.
  }
}

/** @param {Notice} notice */
function onChange({ releases }) {
  const isShown = releases === 'all' || (state.key !== undefined && releases.includes(state.key));
  void refresh(isShown);
}

/** A busy fleet changes all the time; a person does not read faster than this. */
const leastPauseMs = 1000;
let isLoading = false;
let isWanted = false;

/** Reads what is shown; calls that come meanwhile become one further reading. */
async function refresh(withPatch = true) {
  isWanted = true;
  if (isLoading) return;
  isLoading = true;
  while (isWanted && state.session !== undefined) {
    isWanted = false;
    await load(withPatch || state.patch?.key !== state.key);
    withPatch = true;
    if (isWanted) await new Promise((resolve) => setTimeout(resolve, leastPauseMs));
  }
  isLoading = false;
}

/** @param {boolean} withPatch */
async function load(withPatch) {
  const { key } = state;
  try {
    const overview = /** @type {OverviewView} */ (await ask('GET', '/v1/dashboard/patches'));
    announce(changesOf(state.overview, overview));
    update({ overview, problem: undefined });
    if (key === undefined || !withPatch) return;
    const patch = /** @type {PatchView} */ (await ask('GET', `/v1/dashboard/patches/${encodeURIComponent(key)}`));
    if (state.key === key) update({ patch });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return recheck();
    update({ problem: error instanceof Error ? error.message : String(error) });
  }
}

async function done() {
  update({ act: undefined });
  await load(true);
  focusIfLost();
}

function focusHeading() {
  document.querySelector('h1')?.focus();
}

/** What had the focus is gone; where a person has moved it since, it stays. */
function focusIfLost() {
  if (document.activeElement === null || document.activeElement === document.body) focusHeading();
}

addEventListener('hashchange', () => {
  update({ key: keyOfAddress(), patch: undefined, act: undefined });
  focusHeading();
  void load(true);
});
new ResizeObserver(([entry]) => {
  const width = Math.round(
    Math.min(1100, document.querySelector('.chart')?.clientWidth ?? entry?.contentRect.width ?? 640),
  );
  if (Math.abs(width - state.width) > 4) update({ width });
}).observe(root);

try {
  const session = await whoAmI();
  /** @type {SignInView} */
  const { provider } = await ask('GET', '/v1/sign-in');
  state.provider = provider;
  if (session === undefined) draw();
  else await start(session);
} catch (error) {
  update({ problem: error instanceof Error ? error.message : String(error) });
}
