import { createTray } from '/assets/attachments.js';
import { openConnection } from '/assets/connection.js';
import {
  ask,
  newConversation,
  newMessageId,
  pending,
  remember,
  rememberedConversation,
  token,
} from '/assets/history.js';
import { createMessages } from '/assets/messages.js';
import { followEnd } from '/assets/scroll.js';
import { createTokenDialog } from '/assets/token-dialog.js';
import { say, translate } from '/assets/words.js';

const find = (id) => document.getElementById(id);
const [page, list, text, send, stop, down, empty, older, thinking] = [
  'page',
  'log',
  'text',
  'send',
  'stop',
  'down',
  'empty',
  'older',
  'thinking',
].map(find);
const pageSize = 100;
const resendMsMax = 600_000;

let isNew = rememberedConversation() === undefined;
let conversation = rememberedConversation() ?? newConversation();
let lastTurn = 0;
let next;
let held;
let generation = 0;
let reloadedFor = 0;
const unanswered = new Map();
let streaming = false;

const end = followEnd(page, list, down);
const askToken = createTokenDialog(() => load());
const messages = createMessages(list, {
  onRetry: (message) => post(message),
  onDecide: (command) => post(written(command)),
});
const tray = createTray(find('tray'), { onChange: () => refresh() });
const connection = openConnection({ token: token.get, onState: showState, onFrame: receive, onRefused: askToken });

/* ---- what is seen ---- */

function showState(state) {
  find('state').dataset.state = state;
  find('state-text').textContent = say(state);
}

function refresh() {
  const busy = unanswered.size > 0 || streaming;
  stop.hidden = !busy;
  thinking.hidden = unanswered.size === 0 || streaming;
  thinking.setAttribute('aria-label', say('busy'));
  empty.hidden = list.childElementCount > 0 || held !== undefined;
  send.disabled = tray.isBusy() || (text.value.trim() === '' && tray.count() === 0);
  older.hidden = next === undefined;
  end.toEnd();
}

function grow() {
  text.style.height = 'auto';
  text.style.height = `${Math.min(text.scrollHeight, 200)}px`;
}

/* ---- the conversation ---- */

/** Reads the transcript, then follows what happens from the start of the live stream: nothing in between is missed. */
async function load() {
  const mine = (generation += 1);
  held = [];
  connection.stop();
  showState('connecting');
  // Of a new conversation nothing is known; the question still tells whether a token is needed.
  const path = isNew ? '/api/conversations?limit=1' : `/api/conversations/${conversation}?limit=${pageSize}`;
  const { status, body } = await ask(path);
  if (mine !== generation) return;
  if (status === 401) return askToken();
  if (status !== 200 && status !== 404) {
    showState('offline');
    setTimeout(() => mine === generation && load(), 2_000);
    return;
  }
  draw(status === 200 && !isNew ? body : { entries: [] });
  await restore(mine);
  if (mine !== generation) return;
  held = undefined;
  connection.follow(conversation, '0-0');
  refresh();
}

function draw({ entries, next: before }) {
  next = before;
  messages.clear();
  unanswered.clear();
  streaming = false;
  lastTurn = Math.max(0, ...entries.map(({ turn }) => turn));
  for (const entry of entries) messages.entry(entry);
  pending.remove(
    conversation,
    entries.flatMap(({ id }) => id ?? []),
  );
  refresh();
}

/** What was written before a reload and is still on its way. */
async function restore(mine) {
  for (const message of pending.list(conversation)) {
    const { id, at } = message;
    const { status, body } = await ask(`/api/messages/${id}?conversation=${conversation}`);
    if (mine !== generation) return;
    if (status === 200 && body.status === 'accepted') {
      messages.person(message, '');
      unanswered.set(id, message);
    } else if (status === 404 && Date.now() - at < resendMsMax) messages.refused(message, say('offline'));
    else if (status !== 0) pending.remove(conversation, [id]);
  }
}

older.addEventListener('click', async () => {
  const { status, body } = await ask(`/api/conversations/${conversation}?limit=${pageSize}&before=${next}`);
  if (status !== 200) return;
  end.holding(() => {
    messages.before(body.entries);
    next = body.next;
    refresh();
  });
});

function receive(frame) {
  if (frame.turn === 0 && frame.type === 'reply') return aside(frame);
  if (frame.turn !== undefined && frame.turn <= lastTurn) {
    if (frame.type === 'reply') settle(frame.answers);
    return refresh();
  }
  switch (frame.type) {
    case 'accepted':
      messages.note(frame.id, frame.position > 0 ? say('waiting', { count: frame.position }) : '');
      break;
    case 'delta':
    case 'tool':
      if (messages.isDone(frame.turn)) return;
      streaming = true;
      messages[frame.type](frame);
      for (const id of unanswered.keys()) messages.note(id, '');
      break;
    case 'approval':
      if (!messages.isDone(frame.turn)) messages.approval(frame);
      break;
    case 'reply':
      finish(frame);
      break;
    case 'gap':
      return void load();
    case 'error':
      if (frame.id !== undefined && unanswered.has(frame.id)) {
        messages.refused(unanswered.get(frame.id), frame.message);
        unanswered.delete(frame.id);
        pending.remove(conversation, [frame.id]);
      }
      break;
    default:
  }
  refresh();
}

/** A new message of this person. */
function written(words, attachments = []) {
  return { id: newMessageId(), text: words, ...(attachments.length === 0 ? {} : { attachments }) };
}

function settle(ids) {
  pending.remove(conversation, ids);
  for (const id of ids) {
    unanswered.delete(id);
    messages.note(id, '');
  }
}

/** The answer to a command, or what the system tells unasked: no turn has it, and the one that runs goes on. */
function aside(frame) {
  const { answers } = frame;
  const isNews = answers.length === 0 ? unanswered.size > 0 : answers.some((id) => messages.has(id));
  settle(answers);
  if (isNews) messages.aside(frame);
  refresh();
}

function finish(frame) {
  streaming = false;
  const known = frame.answers.some((id) => messages.has(id)) || frame.status === 'stopped';
  settle(frame.answers);
  // Somebody wrote from elsewhere: the transcript has the question too.
  if (!known && frame.turn > reloadedFor) {
    reloadedFor = frame.turn;
    return void load();
  }
  messages.reply(frame);
}

function post(message) {
  const { id, text: words, attachments } = message;
  isNew = false;
  remember(conversation);
  messages.person(message, say('sending'));
  messages.cleared(id);
  messages.note(id, say('sending'));
  unanswered.set(id, message);
  pending.add(conversation, { id, text: words, attachments, at: Date.now() });
  connection.send(message);
  end.resume();
  refresh();
}

/* ---- what the person does ---- */

find('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (send.disabled || held !== undefined) return;
  text.value = '';
  grow();
  post(written(words, tray.take()));
  text.focus();
});
text.addEventListener('input', () => {
  grow();
  refresh();
});
text.addEventListener('keydown', (event) => {
  // While a Chinese word is being composed, Enter belongs to the input method.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  find('composer').requestSubmit();
});
find('attach').addEventListener('click', () => find('files').click());
find('files').addEventListener('change', ({ target }) => {
  tray.add(target.files);
  target.value = '';
  text.focus();
});
text.addEventListener('paste', (event) => {
  const { files } = event.clipboardData;
  if (files.length === 0) return;
  event.preventDefault();
  tray.add(files);
});
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  tray.add(event.dataTransfer.files);
});
stop.addEventListener('click', () => {
  connection.halt();
  text.focus();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !stop.hidden) connection.halt();
});
find('new').addEventListener('click', () => {
  conversation = newConversation();
  isNew = true;
  remember(undefined);
  reloadedFor = 0;
  draw({ entries: [] });
  void load();
  text.focus();
});
for (const idea of document.querySelectorAll('.idea'))
  idea.addEventListener('click', () => post(written(idea.textContent)));

translate(document);
void load();
