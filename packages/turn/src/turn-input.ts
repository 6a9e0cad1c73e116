import type {
  BudgetHit,
  ControlMail,
  Decision,
  Journal,
  JournalCall,
  LiveEvent,
  Language,
  ModelRequest,
  PendingCall,
  PersonMail,
  Preferences,
  QueueMode,
  Reply,
  Route,
  Summary,
  ToolOutcome,
  ToolSpec,
  TranscriptEntry,
} from '@queueclaw/contracts';

/** What one turn may use up. */
export type TurnLimits = {
  /** Model answers. */
  readonly steps: number;
  /** Tool calls that are sent out. */
  readonly toolCalls: number;
  /** Tokens in and out, all answers together. */
  readonly tokens: number;
  /** From the first step to the last, waits for tools included. */
  readonly turnMs: number;
  /** One tool call; a tool's own limit can only be lower. */
  readonly toolMs: number;
  /** How long a call waits for a person; absent: ten minutes. */
  readonly approvalMs?: number;
};

/** The agent that a conversation talks to, as the configuration describes it. */
export type AgentProfile = {
  readonly name: string;
  readonly instructions: string | undefined;
  readonly language: Language | undefined;
  /** IANA zone, used when the person's is not known. */
  readonly timezone: string | undefined;
  readonly tools: readonly ToolSpec[];
  readonly limits: TurnLimits;
  readonly maxOutputTokens: number;
  /** The model's window. */
  readonly contextTokens: number;
  readonly queueMode: QueueMode;
};

export type ToolResult = { readonly call: string; readonly outcome: ToolOutcome };

export type ArgsCheck =
  | { readonly ok: true; readonly args: unknown }
  | { readonly ok: false; readonly problem: string };

/** What the policy says about one call, and what a person is shown of it. */
export type Judgement = {
  readonly verdict: 'allow' | 'ask' | 'deny';
  /** Asks since strangers' words are in the turn: what was approved before does not count. */
  readonly untrusted?: boolean;
  /** The command, or the tool and its arguments. */
  readonly command: string;
  /** Undefined: it touches no folder. */
  readonly directory: string | undefined;
  readonly network: boolean;
  /** SHA-256 over exactly that, hex. */
  readonly binding: string;
  /** The name of this call's approval. */
  readonly approval: string;
};

export type Judge = (
  call: JournalCall,
  around: { readonly spec: ToolSpec; readonly route: Route | undefined; readonly tainted: boolean },
) => Judgement;

/** Everything that decides a turn's next step. There is no other source: no clock, no random, no I/O. */
export type TurnInput = {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly tenant: string;
  readonly conversation: string;
  /** The number that a new turn gets. */
  readonly turn: number;
  /** Of a turn that is under way. */
  readonly journal: Journal | undefined;
  /** The head of the mailbox. Mail that the journal holds already may still be in front: it is counted, not read twice. */
  readonly mail: readonly PersonMail[];
  readonly control: readonly ControlMail[];
  /** What came for `journal.pending`. */
  readonly results: readonly ToolResult[];
  /** The newest entries of the transcript before this turn, of those that the summary does not cover. */
  readonly history: readonly TranscriptEntry[];
  /** The absolute index of the first of them, or of the next one that there will be. */
  readonly from: number;
  /** Entries before them that no summary covers. */
  readonly unread: number;
  readonly summary: Summary | undefined;
  /** What the conversation's people have chosen; queue mode and model are in `agent` already. */
  readonly preferences: Preferences;
  /** What is remembered beyond the transcript and goes with this turn's question. */
  readonly memories?: readonly string[];
  /** A person's wish that older messages be summarised. */
  readonly compact: ControlMail | undefined;
  readonly agent: AgentProfile;
  /** A new random ticket; a result is accepted only with it. */
  readonly newTicket: () => string;
  /** Checks arguments against the tool's schema; must not throw. */
  readonly checkArgs: (tool: string, args: unknown) => ArgsCheck;
  /** What the policy says of a call; must not throw. Absent: everything is allowed. */
  readonly judge?: Judge | undefined;
  /** What people decided about `journal.asking`. */
  readonly decisions?: readonly Decision[];
  /** Bindings that are approved for the rest of the conversation. */
  readonly grants?: readonly string[];
  /** How many calls of this answer the budgets of the day let out, and the one that has no room for more. */
  readonly callBudget?: { readonly calls: number; readonly hit: BudgetHit } | undefined;
};

/** How many from the head of `mail` and `control` leave the mailbox with the next durable write. */
export type Took = { readonly mail: number; readonly control: number };

/**
 * What happens next.
 * - `ask`: ask the model, then call `proceed`. The journal holds the taken mail; it need not be durable before the answer.
 * - `suspend`: the calls in `journal.pending` are out, those in `journal.asking` wait for people. Nothing changes before a
 *   result or a decision comes or `deadlineAt`. `replies` and `live` are told with the write.
 * - `commit`: the turn is over. `cancelled` are calls that are still out and whose results nobody will read.
 * - `summarise`: have the transcript up to the absolute index `until` summarised (`undefined`: there is nothing to summarise),
 *   write what `summarised` says of it, then call `begin`. `asked`: by `input.compact`. The journal is durable when `proceed`
 *   has decided this, and its `took` counts then.
 * - `idle`: nothing to do.
 */
export type Next =
  | { readonly do: 'ask'; readonly journal: Journal; readonly request: ModelRequest; readonly took: Took }
  | {
      readonly do: 'suspend';
      readonly journal: Journal;
      readonly took: Took;
      readonly deadlineAt: number;
      readonly replies?: readonly Reply[];
      readonly live?: readonly LiveEvent[];
    }
  | {
      readonly do: 'commit';
      readonly entries: readonly TranscriptEntry[];
      readonly replies: readonly Reply[];
      readonly cancelled: readonly PendingCall[];
      readonly reset: boolean;
      readonly took: Took;
      readonly journal?: undefined;
      /** `compact` is answered by one of the replies. */
      readonly dropCompact?: boolean;
    }
  | {
      readonly do: 'summarise';
      readonly until: number | undefined;
      readonly asked: boolean;
      readonly journal: Journal | undefined;
      readonly took: Took;
    }
  | { readonly do: 'idle'; readonly took: Took };
