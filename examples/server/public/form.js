/**
 * A form that was sent: its fields as text, and what tells that it is under way or failed.
 *
 * @param {SubmitEvent} event
 */
export function submitted(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const data = new FormData(form);
  const problem = /** @type {HTMLElement} */ (form.querySelector('[data-error]'));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button[type=submit]'));
  return {
    /** @param {string} name */
    text: (name) => {
      const value = data.get(name);
      return typeof value === 'string' ? value : '';
    },
    /**
     * Runs it with the button locked; what it throws is told in the form.
     *
     * @param {() => Promise<void>} work
     */
    run: async (work) => {
      problem.textContent = '';
      button.disabled = true;
      try {
        await work();
      } catch (error) {
        problem.textContent = error instanceof Error ? error.message : String(error);
      } finally {
        button.disabled = false;
      }
    },
  };
}
