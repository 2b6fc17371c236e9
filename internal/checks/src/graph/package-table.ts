/** Where a package runs. `any` means: no Node built-in, no Node global, only what every web-standard runtime has. */
export type RunsOn = 'any' | 'Node' | 'Linux, Node';

/** One row of the package table in docs/architecture.md. */
export interface PackageRow {
  readonly name: string;
  readonly runsOn: RunsOn;
  /** Packages of this workspace that its code may import. */
  readonly mayImport: readonly string[];
}

/**
 * The package graph, as data. It is the law: `pnpm check` compares it with what the code imports, with each package.json, with each
 * tsconfig.json and with the table in docs/architecture.md. Listed so that every row comes after what it may import.
 */
export const packageTable: readonly PackageRow[] = [
  { name: '@klpkit/payload', runsOn: 'any', mayImport: [] },
  { name: '@klpkit/kernel-log', runsOn: 'any', mayImport: [] },
  { name: '@klpkit/release', runsOn: 'any', mayImport: [] },
  { name: '@klpkit/pings', runsOn: 'any', mayImport: ['@klpkit/release'] },
  { name: '@klpkit/rollout', runsOn: 'any', mayImport: ['@klpkit/release'] },
  { name: '@klpkit/blocklist', runsOn: 'any', mayImport: ['@klpkit/release'] },
  { name: '@klpkit/triage', runsOn: 'any', mayImport: ['@klpkit/release'] },
  { name: '@klpkit/kernel', runsOn: 'Linux, Node', mayImport: ['@klpkit/payload', '@klpkit/kernel-log'] },
  { name: '@klpkit/https', runsOn: 'Node', mayImport: [] },
  {
    name: '@klpkit/agent',
    runsOn: 'Linux, Node',
    mayImport: [
      '@klpkit/release',
      '@klpkit/payload',
      '@klpkit/kernel',
      '@klpkit/kernel-log',
      '@klpkit/pings',
      '@klpkit/rollout',
      '@klpkit/blocklist',
      '@klpkit/https',
    ],
  },
  {
    name: '@klpkit/repository',
    runsOn: 'Node',
    mayImport: ['@klpkit/release', '@klpkit/payload', '@klpkit/rollout', '@klpkit/blocklist', '@klpkit/https'],
  },
  { name: '@klpkit/vm', runsOn: 'Linux, Node', mayImport: [] },
  {
    name: '@klpkit/qualify',
    runsOn: 'Linux, Node',
    mayImport: ['@klpkit/release', '@klpkit/payload', '@klpkit/kernel', '@klpkit/kernel-log', '@klpkit/vm'],
  },
  {
    name: 'klpkit',
    runsOn: 'Node',
    mayImport: [
      '@klpkit/payload',
      '@klpkit/kernel-log',
      '@klpkit/release',
      '@klpkit/pings',
      '@klpkit/rollout',
      '@klpkit/blocklist',
      '@klpkit/triage',
      '@klpkit/kernel',
      '@klpkit/agent',
      '@klpkit/repository',
      '@klpkit/vm',
      '@klpkit/qualify',
    ],
  },
];
