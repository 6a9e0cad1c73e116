/** A message that the app posted and Slack took. */
export type SlackMessage = {
  readonly channel: string;
  readonly text: string;
  readonly thread: string | undefined;
  /** What stands on its buttons and what comes back; only of messages that have some. */
  readonly buttons?: readonly { readonly label: string; readonly value: string }[];
};

type Block = {
  readonly type: string;
  readonly text?: { readonly text: string };
  readonly elements?: readonly {
    readonly action_id: string;
    readonly value: string;
    readonly text: { text: string };
  }[];
};

/** As far as Block Kit's limits go. */
function isBlock({ type, text, elements = [] }: Block): boolean {
  if (type === 'section') return (text?.text.length ?? 0) > 0 && (text?.text.length ?? 0) <= 3_000;
  const ids = new Set(elements.map((one) => one.action_id));
  const fit = elements.every((one) => one.text.text.length <= 75 && one.value.length <= 2_000);
  return type === 'actions' && fit && ids.size === elements.length && elements.length > 0 && elements.length <= 25;
}

/** A message as people see it, or why Slack does not take it. */
export function readMessage(form: URLSearchParams): Pick<SlackMessage, 'text' | 'buttons'> | string {
  const text = form.get('text') ?? '';
  if (text.trim() === '') return 'no_text';
  const blocks = JSON.parse(form.get('blocks') ?? '[]') as Block[];
  if (!blocks.every(isBlock)) return 'invalid_blocks';
  const elements = blocks.flatMap((block) => block.elements ?? []);
  const buttons = elements.map((one) => ({ label: one.text.text, value: one.value }));
  return { text, ...(buttons.length === 0 ? {} : { buttons }) };
}
