/** A word that the shell takes as it is, whatever is in it. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A path below /workspace as a relative one that no program takes for an option. */
export function insidePath(path: string): string {
  const inside = path.replace(/^\/workspace\/?/, '');
  if (inside === '' || inside === '.') return '.';
  return inside.startsWith('/') ? inside : `./${inside}`;
}
