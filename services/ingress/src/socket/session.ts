import { AppError, type ClientFrame, type MessageRequest, toAppError } from '@queueclaw/contracts';
import { written } from '@queueclaw/channels';
import { newId } from '@queueclaw/runtime';
import { countCall, demandScope } from '../access/guard.js';
import type { RateLimit } from '../access/rate-limit.js';
import type { Caller } from '../access/tokens.js';
import type { FromLive } from '../from-live.js';
import type { ToMessages } from '../to-messages.js';
import type { Outlet } from './outlet.js';
import { openSubscriptions } from './subscriptions.js';

export type SessionOptions = {
  readonly caller: Caller;
  /** The channel that its messages come from. */
  readonly channel: string;
  readonly language: string | undefined;
  readonly outlet: Outlet;
  readonly limit: RateLimit;
  readonly fromLive: FromLive;
  readonly toMessages: ToMessages;
};

/** An authenticated socket. */
export type Session = {
  /**
   * Does what a frame asks, and tells the client what came of it. Resolves when the next frame may be handled: the
   * messages of a socket are accepted in the order in which they came. `done` is called when nothing is left to do.
   */
  handle(frame: ClientFrame, done: () => void): Promise<void>;
  stop(): void;
};

/** Serves one client. */
export function openSession(options: SessionOptions): Session {
  const { caller, outlet, limit, fromLive, toMessages } = options;
  const subscriptions = openSubscriptions(fromLive, caller.tenant, outlet.send);
  const context = { account: caller.tenant, sender: caller.sender, language: options.language, newId };

  const post = async (request: MessageRequest): Promise<void> => {
    const { conversation } = request;
    const { mail } = written(options.channel, request, context);
    try {
      const { id, position, status } = await toMessages({ tenant: caller.tenant, conversation }, mail);
      outlet.send({ type: 'accepted', conversation, id, ...(position > 0 ? { position } : {}) });
      if (status?.reply === undefined || status.status === 'accepted') return;
      const { reply, turn = 0, usage, error } = status;
      const more = { ...(usage === undefined ? {} : { usage }), ...(error === undefined ? {} : { error }) };
      const base = { id: `r${turn}`, turn, ...reply, status: status.status, ...more };
      outlet.send({ type: 'reply', conversation, ...base });
    } catch (thrown) {
      outlet.fail(toAppError(thrown), mail.id);
    }
  };

  const obey = async (frame: ClientFrame, done: () => void): Promise<void> => {
    switch (frame.type) {
      case 'auth':
        outlet.send({ type: 'ready' });
        return done();
      case 'subscribe':
        demandScope(caller, 'read');
        await subscriptions.restart(frame.conversation, frame.cursor);
        return done();
      case 'send':
      case 'stop': {
        demandScope(caller, 'chat');
        if (caller.scopes.has('read')) await subscriptions.ensure(frame.conversation);
        void post(frame.type === 'send' ? frame : { ...frame, text: '/stop' }).finally(done);
        return;
      }
      case 'approve':
      case 'deny': {
        demandScope(caller, 'chat');
        if (caller.scopes.has('read')) await subscriptions.ensure(frame.conversation);
        const scope = frame.type === 'approve' && frame.scope !== undefined ? ` ${frame.scope}` : '';
        const { conversation, approval } = frame;
        void post({ conversation, text: `/${frame.type} ${approval}${scope}` }).finally(done);
        return;
      }
      default:
        frame satisfies never;
    }
  };

  return {
    handle: async (frame, done) => {
      try {
        countCall(limit, caller);
        await obey(frame, done);
      } catch (thrown) {
        outlet.fail(toAppError(thrown), frame.type === 'send' ? frame.id : undefined);
        done();
      }
    },
    stop: () => subscriptions.stop(),
  };
}

/** @returns the caller of an `auth` frame; @throws AppError `auth.required`, `auth.invalid` */
export function callerByFrame(frame: ClientFrame, find: (token: string) => Caller | undefined): Caller {
  if (frame.type !== 'auth') throw new AppError('auth.required');
  const caller = find(frame.token);
  if (caller === undefined) throw new AppError('auth.invalid');
  return caller;
}
