const hooks = `import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    const written = specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts');
    return next(written ? specifier.slice(0, -3) + '.ts' : specifier, context);
  },
});`;

/**
 * Arguments for Node that make it run this repository's TypeScript as it stands, without a build: put them before the
 * path of the script. Workspace packages resolve to their sources, `./x.js` inside them to `./x.ts`.
 */
export const nodeFromSource: readonly string[] = [
  '--conditions=source',
  '--disable-warning=ExperimentalWarning',
  '--import',
  `data:text/javascript,${encodeURIComponent(hooks)}`,
];
