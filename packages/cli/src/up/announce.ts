/** What `up` tells: each event once, as a line for people or as JSON. */
export type UpEvent =
  | { readonly event: 'progress'; readonly text: string }
  | { readonly event: 'warning'; readonly text: string; readonly from?: string }
  | {
      readonly event: 'ready';
      readonly chat: string;
      readonly console: string;
      readonly model: string;
      readonly redis: string;
      readonly logs: string;
      readonly ms: number;
    }
  | { readonly event: 'tools'; readonly text: string }
  | { readonly event: 'died'; readonly name: string; readonly how: string; readonly restartInMs: number }
  | { readonly event: 'back'; readonly name: string }
  | { readonly event: 'reloaded'; readonly changed: readonly string[]; readonly restartNeeded: readonly string[] }
  | { readonly event: 'stopping'; readonly reason: string }
  | { readonly event: 'working'; readonly turns: number; readonly calls: number }
  | { readonly event: 'stopped' };

export type Announce = (event: UpEvent) => void;

const counted = (count: number, one: string): string[] =>
  count === 0 ? [] : [`${count} ${one}${count === 1 ? '' : 's'}`];

const working = (turns: number, calls: number): string => {
  const what = [...counted(turns, 'turn'), ...counted(calls, 'tool call')].join(' and ');
  return `  ${what} ${turns + calls === 1 ? 'is' : 'are'} finishing; Ctrl-C again stops now.`;
};

const human = (event: UpEvent): string => {
  switch (event.event) {
    case 'progress':
      return `  ${event.text}`;
    case 'warning':
      return `! ${event.from === undefined ? '' : `[${event.from}] `}${event.text}`;
    case 'ready':
      return [
        '',
        `QueueClaw is ready (${(event.ms / 1000).toFixed(1)} s).`,
        '',
        `  Chat        ${event.chat}`,
        `  Bull Board  ${event.console}`,
        `  Model       ${event.model}`,
        `  Redis       ${event.redis}`,
        `  Logs        ${event.logs}`,
        '',
        'Ctrl-C stops everything. From another terminal: ./queueclaw chat',
        '',
      ].join('\n');
    case 'tools':
      return `  Tools       ${event.text}\n`;
    case 'died':
      return `! ${event.name} died: ${event.how}. It starts again in ${(event.restartInMs / 1000).toFixed(1)} s.`;
    case 'back':
      return `  ${event.name} serves again.`;
    case 'reloaded':
      return `  Configuration reloaded: ${event.changed.join(', ')}.`;
    case 'stopping':
      return `\n  Stopping (${event.reason}); a second Ctrl-C ends at once ...`;
    case 'working':
      return working(event.turns, event.calls);
    case 'stopped':
      return '  Stopped.';
    default: {
      const never: never = event;
      return String(never);
    }
  }
};

/** Announces on stdout. */
export function announceOn(out: { write(text: string): unknown }, json: boolean): Announce {
  return (event) => void out.write(`${json ? JSON.stringify(event) : human(event)}\n`);
}
