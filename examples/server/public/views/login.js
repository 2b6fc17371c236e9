/** @import { Session } from '../api.js' */
import { signIn } from '../api.js';
import { submitted } from '../form.js';
import { html, nothing } from '../html.js';
import { logo } from './logo.js';

/**
 * @param {object} options
 * @param {string | undefined} options.problem
 * @param {boolean} options.provider whether one may sign in at an identity provider
 * @param {(session: Session) => Promise<void>} options.signedIn
 */
export function loginView({ problem, provider, signedIn }) {
  return html`<main class="login">
    <form @submit=${(/** @type {SubmitEvent} */ event) => void submit(event, signedIn)}>
      <p class="brand">${logo} klpkit</p>
      <h1 tabindex="-1">Sign in</h1>
      <p class="muted">Livepatches, their rollouts and the gate that watches them.</p>
      ${problem === undefined ? nothing : html`<p class="problem">${problem}</p>`}
      <label>Name <input name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64" /></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required maxlength="256" /></label>
      <p class="problem" role="alert" data-error></p>
      <button class="primary" type="submit">Sign in</button>
      ${provider ? html`<p class="or"><a href="/v1/session/oidc">Sign in at your identity provider</a></p>` : nothing}
    </form>
  </main>`;
}

/**
 * @param {SubmitEvent} event
 * @param {(session: Session) => Promise<void>} signedIn
 */
function submit(event, signedIn) {
  const { text, run } = submitted(event);
  return run(async () => {
    const session = await signIn(text('name'), text('password'));
    if (session !== undefined) await signedIn(session);
  });
}
