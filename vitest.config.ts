import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const everywhere = ['packages/*/src', 'services/*/src', 'scripts'];
const named = (pattern: string): string[] => everywhere.map((root) => `${root}/**/${pattern}`);
const conditions = ['source', 'node', 'import', 'module', 'default'];
const resolve = { conditions };
// What is not ours is loaded by Node itself, which knows no `module`: some packages keep files for bundlers there. It would take
// `import` for what a package requires, too.
const ofNode = conditions.filter((condition) => condition !== 'module' && condition !== 'import');
const ssr = { resolve: { conditions: ofNode, externalConditions: ofNode } };
const special = ['**/*.redis.test.ts', '**/*.contract.test.ts', '**/*.sandbox.test.ts', '**/*.process.test.ts'];

// What people are told depends on the language of their terminal: that of tests is English.
process.env['LC_ALL'] = 'C.UTF-8';

/** What judges the storms is itself tested without one. */
const auditor = 'test/chaos/auditor.test.ts';
/** A few storms are part of every test. */
const short = 'test/chaos/short.test.ts';

/** `x.test.ts` touches nothing outside; the other kinds say by their name what they need. */
export default defineConfig({
  test: {
    // Most of the time tests wait for processes and timers: two at once even on two cores halve it.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { resolve, ssr, test: { name: 'unit', include: [...named('*.test.ts'), auditor], exclude: special } },
      { resolve, ssr, test: { name: 'redis', include: named('*.redis.test.ts'), testTimeout: 20_000 } },
      { resolve, ssr, test: { name: 'contract', include: named('*.contract.test.ts'), testTimeout: 20_000 } },
      { resolve, ssr, test: { name: 'sandbox', include: named('*.sandbox.test.ts'), testTimeout: 30_000 } },
      { resolve, ssr, test: { name: 'process', include: named('*.process.test.ts'), testTimeout: 60_000 } },
      {
        resolve,
        ssr,
        test: { name: 'architecture', include: ['test/architecture/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        resolve,
        ssr,
        test: { name: 'chaos', include: ['test/chaos/**/*.test.ts'], exclude: [auditor, short], testTimeout: 300_000 },
      },
      { resolve, ssr, test: { name: 'storm', include: [short], testTimeout: 60_000, hookTimeout: 60_000 } },
      { resolve, ssr, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 90_000 } },
    ],
  },
});
