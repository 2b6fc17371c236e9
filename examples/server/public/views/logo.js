import { svg, html } from '../html.js';

/** The sign of klpkit: a k that is patched. */
export const logo = html`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
  ${svg`<rect class="logo-ground" width="32" height="32" rx="7" /><path class="logo-sign" d="M10 8v16M10 17l9-9M14 14l8 10" />`}
</svg>`;
