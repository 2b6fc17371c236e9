const debian: Readonly<Record<string, string>> = {
  '10': 'buster',
  '11': 'bullseye',
  '12': 'bookworm',
  '13': 'trixie',
  '14': 'forky',
};
const ubuntu: Readonly<Record<string, string>> = {
  '14.04': 'trusty',
  '16.04': 'xenial',
  '18.04': 'bionic',
  '20.04': 'focal',
  '22.04': 'jammy',
  '24.04': 'noble',
  '25.04': 'plucky',
  '25.10': 'questing',
};

/** Distribution and suite that an OSV ecosystem names (`Debian:12`, `Ubuntu:22.04:LTS`, `Ubuntu:Pro:18.04:LTS`), or `undefined`. */
export function suiteOf(ecosystem: string): { by: 'debian' | 'ubuntu'; suite: string } | undefined {
  const [name, ...rest] = ecosystem.split(':');
  const version = rest.find((part) => /^[0-9]+(?:\.[0-9]+)?$/.test(part));
  if (version === undefined) return undefined;
  if (name === 'Debian') return { by: 'debian', suite: debian[version] ?? version };
  if (name !== 'Ubuntu') return undefined;
  const suite = ubuntu[version] ?? version;
  return { by: 'ubuntu', suite: rest.includes('Pro') ? `esm/${suite}` : suite };
}
