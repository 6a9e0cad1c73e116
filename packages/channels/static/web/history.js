const tokenKey = 'queueclaw.token';
const conversationKey = 'queueclaw.conversation';
const pendingKey = (conversation) => `queueclaw.pending.${conversation}`;
const pendingMax = 50;

const random = () =>
  [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** The token lives as long as the tab. */
export const token = {
  get: () => sessionStorage.getItem(tokenKey) ?? undefined,
  set: (value) => (value === undefined ? sessionStorage.removeItem(tokenKey) : sessionStorage.setItem(tokenKey, value)),
};

/** A new message id. */
export const newMessageId = () => `w${Date.now().toString(36)}-${random()}`;

/** This browser's conversation: the one of the last visit; undefined before the first message. */
export function rememberedConversation() {
  const known = localStorage.getItem(conversationKey) ?? '';
  return /^[A-Za-z0-9._~-]{1,128}$/.test(known) ? known : undefined;
}

/** A name for another conversation. */
export const newConversation = () => `web-${random()}`;

/** The next visit continues this conversation, or (undefined) starts another. */
export function remember(conversation) {
  if (conversation === undefined) localStorage.removeItem(conversationKey);
  else localStorage.setItem(conversationKey, conversation);
}

/** What was written and is not answered yet: [{ id, text, at }]. It survives a reload. */
export const pending = {
  list(conversation) {
    try {
      const found = JSON.parse(localStorage.getItem(pendingKey(conversation)) ?? '[]');
      return Array.isArray(found) ? found : [];
    } catch {
      return [];
    }
  },
  add(conversation, message) {
    store(conversation, [...this.list(conversation).filter(({ id }) => id !== message.id), message].slice(-pendingMax));
  },
  remove(conversation, ids) {
    store(
      conversation,
      this.list(conversation).filter(({ id }) => !ids.includes(id)),
    );
  },
};

function store(conversation, messages) {
  if (messages.length === 0) localStorage.removeItem(pendingKey(conversation));
  else localStorage.setItem(pendingKey(conversation), JSON.stringify(messages));
}

/** Asks the server. `status` is 0 when it cannot be reached. */
export async function ask(path) {
  const known = token.get();
  try {
    const answer = await fetch(path, { headers: known === undefined ? {} : { authorization: `Bearer ${known}` } });
    return { status: answer.status, body: await answer.json().catch(() => undefined) };
  } catch {
    return { status: 0, body: undefined };
  }
}
