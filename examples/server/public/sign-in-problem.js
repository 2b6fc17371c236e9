/** What the server says in the address when a sign-in at the provider came to nothing. @type {Readonly<Record<string, string>>} */
const words = {
  FORBIDDEN: 'None of your groups may sign in here. Ask an administrator for it.',
  UNAUTHORIZED: 'The provider’s answer was not accepted, or it took too long. Begin again.',
  RATE_LIMITED: 'There were too many tries from your address. Wait a minute.',
};

/** Takes the problem out of the address, so that it is told once: in our words, never in those of whoever made the link. */
export function takeSignInProblem() {
  const code = new URLSearchParams(location.search).get('sign-in');
  if (code === null) return undefined;
  history.replaceState(null, '', location.pathname + location.hash);
  return words[code] ?? 'You could not be signed in. Try again later, or sign in with a password.';
}
