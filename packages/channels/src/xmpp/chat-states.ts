/** Where messages go. */
export type Target = { readonly to: string; readonly type: 'chat' | 'groupchat' };
export type ChatState = 'composing' | 'paused';

/** Shows people that an answer is written (XEP-0085). */
export type ChatStates = {
  show(target: Target): Promise<void>;
  /** A message was sent, which says that its writing is over. */
  said(to: string): void;
  stop(): void;
};

/** Longer than between two signs of life of one answer. */
const pausedAfterMs = 12_000;
const shownMax = 1_000;

/** `composing` once for each answer, and `paused` when nothing more is heard of it. */
export function chatStates(
  tell: (target: Target, state: ChatState) => Promise<void>,
  afterMs: number = pausedAfterMs,
): ChatStates {
  const shown = new Map<string, NodeJS.Timeout>();
  const said = (to: string): void => {
    clearTimeout(shown.get(to));
    shown.delete(to);
  };
  return {
    show: async (target) => {
      const { to } = target;
      const before = shown.get(to);
      if (before !== undefined) return void before.refresh();
      if (shown.size >= shownMax) return;
      const pause = (): void => {
        said(to);
        tell(target, 'paused').catch(() => undefined);
      };
      shown.set(to, setTimeout(pause, afterMs).unref());
      await tell(target, 'composing').catch((thrown: unknown) => {
        said(to);
        throw thrown;
      });
    },
    said,
    stop: () => {
      for (const to of shown.keys()) said(to);
    },
  };
}
