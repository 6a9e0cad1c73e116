const distanceAtMost = 3;

/** How many letters must be added, removed, replaced or swapped with their neighbour (Damerau, optimal string alignment). */
export function editDistance(left: string, right: string): number {
  let before: number[] = [];
  let above = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let at = 1; at <= right.length; at += 1) {
      const same = left[row - 1] === right[at - 1];
      const swapped = row > 1 && at > 1 && left[row - 1] === right[at - 2] && left[row - 2] === right[at - 1];
      current.push(
        Math.min(
          (above[at] ?? 0) + 1,
          (current[at - 1] ?? 0) + 1,
          (above[at - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[at - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = above;
    above = current;
  }
  return above[right.length] ?? 0;
}

/** The known word a person most likely meant: at most 3 edits and less than half of the word away; undefined when none is. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.min(distanceAtMost, Math.ceil(word.length / 2));
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '');
  return known
    .map((candidate) => ({ candidate, distance: editDistance(plain(word.slice(0, 64)), plain(candidate)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((left, right) => left.distance - right.distance)[0]?.candidate;
}
