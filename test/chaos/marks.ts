/** Every message carries a mark, `#<conversation>-<number>`, and so do its answer and what its tool call leaves behind. */
export const markOf = (conversation: string, at: number): string => `#${conversation}-${at}`;

const marks = /#([a-z]+\d+)-(\d+)/g;

/** The marks in a text, in order. */
export const marksIn = (text: string): string[] => [...text.matchAll(marks)].map(([mark]) => mark);

/** The conversation and the number of a mark. */
export function readMark(mark: string): { conversation: string; at: number } {
  const [, conversation = '', at = '-1'] = /^#([a-z]+\d+)-(\d+)$/.exec(mark) ?? [];
  return { conversation, at: Number(at) };
}
