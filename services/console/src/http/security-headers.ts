const shared = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Not no-referrer: browsers would then say `Origin: null` when our own forms are sent.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
} as const;

const nothingElse = "default-src 'none'; base-uri 'self'; frame-ancestors 'none'";

/** For our pages: no script at all. */
export const pageHeaders: Readonly<Record<string, string>> = {
  ...shared,
  'content-security-policy': `${nothingElse}; style-src 'self'; img-src 'self'; form-action 'self'`,
};

/** For Bull Board: its own scripts, none inline; it sets styles from scripts. */
export const boardHeaders: Readonly<Record<string, string>> = {
  ...shared,
  'content-security-policy': `${nothingElse}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'none'`,
};
