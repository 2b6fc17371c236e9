import { defineConfig } from 'vitest/config';

// Tests run from the sources: the condition is what makes `@klpkit/…` mean src/ without a build. Conditions for `ssr` also become flags
// of Node, so `import` must not be among them: require() would be handed the ES modules of packages that have both.
const resolve = { conditions: ['@klpkit/source', 'node', 'import', 'module', 'default'] };
const ssr = { resolve: { conditions: ['@klpkit/source', 'node', 'default'] } };
const project = (
  name: string,
  include: string[],
  testTimeout = 20_000,
  more: { maxWorkers?: number; exclude?: string[] } = {},
) => ({
  resolve,
  ssr,
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    ...more,
    execArgv: ['--conditions=@klpkit/source'],
  },
});

const services = 'examples/*/src/**/*.services.test.ts';

export default defineConfig({
  test: {
    projects: [
      project('packages', ['packages/*/src/**/*.test.ts']),
      project('internal', ['internal/*/src/**/*.test.ts'], 60_000),
      project('examples', ['examples/*/src/**/*.test.ts'], 60_000, { exclude: [services] }),
      project('services', [services], 240_000, { maxWorkers: 1 }), // with servers that a machine must have: NATS, Debian's PostgreSQL
      project('vm', ['vm/src/**/*.test.ts'], 600_000, { maxWorkers: 2 }), // two machines at a time: half of the time they wait
    ],
  },
});
