import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the chat page as it is served. */
export type WebAsset = {
  /** Path of the URL. */
  readonly path: string;
  /** Content type. */
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
};

const script = 'text/javascript; charset=utf-8';
const style = 'text/css; charset=utf-8';

const ours: readonly (readonly [path: string, file: string, type: string])[] = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/assets/app.js', 'app.js', script],
  ['/assets/attachments.js', 'attachments.js', script],
  ['/assets/connection.js', 'connection.js', script],
  ['/assets/history.js', 'history.js', script],
  ['/assets/markdown.js', 'markdown.js', script],
  ['/assets/messages.js', 'messages.js', script],
  ['/assets/scroll.js', 'scroll.js', script],
  ['/assets/token-dialog.js', 'token-dialog.js', script],
  ['/assets/words.js', 'words.js', script],
  ['/assets/style.css', 'style.css', style],
  ['/assets/conversation.css', 'conversation.css', style],
  ['/assets/tools.css', 'tools.css', style],
  ['/assets/composer.css', 'composer.css', style],
  ['/assets/attachments.css', 'attachments.css', style],
  ['/assets/icon.svg', 'icon.svg', 'image/svg+xml'],
];

const vendors: readonly (readonly [path: string, name: string, file: string])[] = [
  ['/assets/vendor/marked.js', 'marked', 'lib/marked.esm.js'],
  ['/assets/vendor/dompurify.js', 'dompurify', 'dist/purify.es.mjs'],
];

/** The static files stand beside `src` and `dist`, so that both find them. */
const folder = fileURLToPath(new URL('../../static/web/', import.meta.url));

const vendorFile = (name: string, file: string): string => {
  const found = findPackageJSON(name, import.meta.url);
  if (found === undefined) throw new Error(`the package ${name} is not installed`);
  return join(dirname(found), file);
};

const read = async (path: string, file: string, type: string): Promise<WebAsset> => {
  const body = await readFile(file);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { path, type, etag, body };
};

/**
 * Reads the chat page and the libraries it uses (about 180 kB) into memory.
 * @throws when a file is missing from the installation
 */
export async function webAssets(): Promise<readonly WebAsset[]> {
  return Promise.all([
    ...ours.map(([path, file, type]) => read(path, join(folder, file), type)),
    ...vendors.map(([path, name, file]) => read(path, vendorFile(name, file), script)),
  ]);
}
