import { Choice, commandIn } from '@queueclaw/contracts';

/**
 * What somebody writes by pressing a button or choosing from a menu; undefined for what is no choice of ours. What comes back from
 * a platform is not trusted: only commands are taken, of at most the length that a choice has.
 */
export function pressed(text: unknown): string | undefined {
  const known = Choice.shape.text.safeParse(text);
  return known.success && known.data.isWellFormed() && commandIn(known.data) !== undefined ? known.data : undefined;
}
