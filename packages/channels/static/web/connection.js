const waitMsFirst = 400;
const waitMsMost = 15_000;

/**
 * Keeps a WebSocket open: comes back after a loss, with the cursor where it was, and sends again what was not acknowledged.
 * @param options token(): the token or undefined; onState(state); onFrame(frame); onRefused(): the token is missing or wrong
 */
export function openConnection({ token, onState, onFrame, onRefused }) {
  let socket;
  let conversation;
  let cursor;
  let asked;
  let ready = false;
  let waitMs = waitMsFirst;
  let timer;
  const unsent = new Map();

  const put = (frame) => socket.send(JSON.stringify(frame));
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(connect, waitMs * (0.7 + Math.random() * 0.6));
    waitMs = Math.min(waitMs * 2, waitMsMost);
  };

  const receive = (frame) => {
    if (frame.type === 'ready' && !ready) {
      ready = true;
      waitMs = waitMsFirst;
      asked = cursor;
      put({ type: 'subscribe', conversation, cursor });
      for (const message of unsent.values()) put(message);
      onState('online');
    } else if (frame.type === 'accepted' || (frame.type === 'error' && frame.id !== undefined)) {
      unsent.delete(frame.id);
    } else if (frame.type === 'error' && (frame.code === 'auth.required' || frame.code === 'auth.invalid')) {
      stop();
      return onRefused();
    }
    if (frame.conversation !== undefined && frame.conversation !== conversation) return;
    // From the very start there is nothing to miss: the transcript was just read.
    if (frame.type === 'gap' && asked === '0-0') return;
    if (frame.cursor !== undefined) cursor = frame.cursor;
    onFrame(frame);
  };

  function connect() {
    clearTimeout(timer);
    if (socket !== undefined) return;
    const { protocol, host } = location;
    const mine = new WebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws?client=web`);
    socket = mine;
    mine.addEventListener('open', () => {
      const known = token();
      if (known !== undefined) put({ type: 'auth', token: known });
    });
    mine.addEventListener('message', ({ data }) => mine === socket && receive(JSON.parse(data)));
    mine.addEventListener('close', () => {
      if (mine !== socket) return;
      socket = undefined;
      ready = false;
      onState('offline');
      later();
    });
  }

  function stop() {
    clearTimeout(timer);
    const old = socket;
    socket = undefined;
    ready = false;
    old?.close(1000);
  }

  window.addEventListener('online', () => conversation !== undefined && connect());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && conversation !== undefined && socket === undefined) connect();
  });

  return {
    /** Follows a conversation from a cursor on; in place of the one before. */
    follow(name, from) {
      stop();
      unsent.clear();
      conversation = name;
      cursor = from;
      connect();
    },
    send({ id, text, attachments }) {
      const frame = { type: 'send', conversation, id, text, attachments };
      unsent.set(id, frame);
      if (ready) put(frame);
    },
    halt() {
      if (ready) put({ type: 'stop', conversation });
    },
    stop,
  };
}
