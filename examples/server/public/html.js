// The one place that knows where the template engine comes from: the server serves it out of its own node_modules.
export { html, nothing, render, svg } from '/dashboard/vendor/lit-html/lit-html.js';
export { repeat } from '/dashboard/vendor/lit-html/directives/repeat.js';
