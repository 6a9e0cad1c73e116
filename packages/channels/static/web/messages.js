import { showAttachments } from '/assets/attachments.js';
import { showMarkdown } from '/assets/markdown.js';
import { say } from '/assets/words.js';

const element = (tag, className, text) => {
  const one = document.createElement(tag);
  if (className !== undefined) one.className = className;
  if (text !== undefined) one.textContent = text;
  return one;
};

const short = (value, charsMax = 100) => {
  const text = (typeof value === 'string' ? value : JSON.stringify(value ?? '')).replaceAll(/\s+/g, ' ');
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
};

const summaryOf = (args) => short(typeof args === 'object' && args !== null ? (Object.values(args)[0] ?? '') : args);
const toolWords = { started: 'toolStarted', done: 'toolDone', failed: 'toolFailed' };

/** The list of messages. Knows nothing of the network. */
export function createMessages(list, { onRetry, onDecide }) {
  const people = new Map();
  const asked = new Map();
  let turns = new Map();
  let target = list;
  let painting = new Set();

  const paintSoon = (part) => {
    if (painting.size === 0) requestAnimationFrame(paint);
    painting.add(part);
  };
  const paint = () => {
    const parts = painting;
    painting = new Set();
    for (const part of parts) showMarkdown(part.element, part.text);
  };
  /** What grows is painted once a frame. */
  const grow = (part, text) => {
    part.text = text;
    paintSoon(part);
  };
  /** What is final is there as soon as the page says that the turn is over. */
  const put = (part, text) => {
    part.text = text;
    painting.delete(part);
    showMarkdown(part.element, text);
  };

  const turnOf = (number) => {
    const known = turns.get(number);
    if (known !== undefined) return known;
    const item = element('li', 'turn');
    item.append(element('span', 'unseen', `${say('assistant')}: `));
    target.append(item);
    const turn = { item, steps: new Map(), calls: new Map(), files: new Map(), attempt: 0, done: false };
    turns.set(number, turn);
    return turn;
  };
  const partOf = (turn, step) => {
    const known = turn.steps.get(step);
    if (known !== undefined) return known;
    const part = { element: element('div', 'answer'), text: '', attempt: 0 };
    turn.item.append(part.element);
    turn.steps.set(step, part);
    return part;
  };
  const lineOf = (turn, call, name) => {
    const known = turn.calls.get(call);
    if (known !== undefined) return known;
    const line = element('div', 'tool');
    line.append(element('span', 'tool-dot'), element('span', 'tool-name', name), element('span', 'tool-summary'));
    line.append(element('span', 'unseen'));
    turn.item.append(line);
    turn.calls.set(call, line);
    return line;
  };
  const mark = (line, state, summary) => {
    line.dataset.state = state;
    line.lastElementChild.textContent = say(toolWords[state]);
    if (summary !== undefined) line.querySelector('.tool-summary').textContent = summary;
  };

  const person = ({ id, text, attachments }, note) => {
    if (people.has(id)) return people.get(id);
    const item = element('li', 'person');
    const bubble = element('div', 'bubble', text);
    bubble.prepend(element('span', 'unseen', `${say('you')}: `));
    const files = showAttachments(attachments);
    if (files !== undefined) bubble.append(files);
    const small = element('p', 'note', note);
    item.append(bubble, small);
    target.append(item);
    people.set(id, item);
    return item;
  };

  /** Files stand behind everything else that the turn says. */
  const files = (turn, attachments = []) => {
    for (const one of attachments) turn.files.set(`${one.id}/${one.name}`, one);
    if (turn.files.size === 0) return;
    turn.shown?.remove();
    turn.shown = showAttachments([...turn.files.values()]);
    turn.item.append(turn.shown);
  };

  const result = (turn, entry) => {
    const line = lineOf(turn, entry.call, entry.name);
    mark(line, entry.ok ? 'done' : 'failed');
    if (entry.text === '') return;
    const details = element('details', 'tool');
    details.dataset.state = line.dataset.state;
    const head = element('summary');
    head.append(...line.childNodes);
    details.append(head, element('pre', 'output', entry.text.slice(0, 20_000)));
    line.replaceWith(details);
    turn.calls.set(entry.call, details);
  };

  /** An entry of the transcript. */
  const entry = (one) => {
    if (one.role === 'user') return person(one, '');
    const turn = turnOf(one.turn);
    turn.done = true;
    if (one.role === 'tool') {
      result(turn, one);
      return files(turn, one.attachments);
    }
    for (const call of one.calls ?? []) mark(lineOf(turn, call.call, call.name), 'done', summaryOf(call.args));
    if (one.text === '') return;
    const part = { element: element('div', one.notice === true ? 'answer notice' : 'answer'), text: '' };
    const firstCall = one.calls?.[0] && turn.calls.get(one.calls[0].call);
    if (firstCall === undefined) turn.item.append(part.element);
    else firstCall.before(part.element);
    put(part, one.text);
    files(turn);
  };

  return {
    clear() {
      list.replaceChildren();
      people.clear();
      turns.clear();
      painting.clear();
      asked.clear();
    },
    has: (id) => people.has(id),
    isDone: (turn) => turns.get(turn)?.done === true,
    person,
    note(id, text) {
      const item = people.get(id);
      if (item !== undefined) item.querySelector('.note').textContent = text;
    },
    refused(message, reason) {
      const item = person(message, '');
      const again = element('button', 'quiet', say('retry'));
      again.type = 'button';
      again.addEventListener('click', () => onRetry(message));
      item.classList.add('refused');
      item.querySelector('.note').replaceChildren(`${say('failed', { reason })} `, again);
    },
    cleared(id) {
      people.get(id)?.classList.remove('refused');
    },
    delta({ turn: number, step, attempt, text, replace }) {
      const turn = turnOf(number);
      if (turn.done || attempt < turn.attempt) return;
      turn.attempt = attempt;
      const part = partOf(turn, step);
      // A newer attempt, or another model, writes the step again from its beginning.
      const before = part.attempt === attempt && replace !== true ? part.text : '';
      part.attempt = attempt;
      grow(part, before + text);
    },
    tool({ turn: number, call, name, state, summary }) {
      const turn = turnOf(number);
      if (!turn.done) mark(lineOf(turn, call, name), state, summary);
    },
    reply({ turn: number, text, status, attachments }) {
      const turn = turnOf(number);
      if (turn.done) return;
      turn.done = true;
      for (const [approval, item] of asked)
        if (Number(item.dataset.turn) <= number) {
          item.remove();
          asked.delete(approval);
        }
      for (const line of turn.item.querySelectorAll('.tool[data-state="started"]')) mark(line, 'failed');
      const steps = [...turn.steps.keys()];
      const last = steps.length === 0 ? undefined : turn.steps.get(Math.max(...steps));
      // What was streamed of the last step was provisional: the reply takes its place.
      const lastIsOpen = last !== undefined && turn.item.lastElementChild === last.element;
      const part = lastIsOpen ? last : partOf(turn, 'reply');
      part.element.classList.toggle('notice', status !== 'answered');
      part.element.classList.toggle('bad', status === 'failed');
      put(part, text);
      files(turn, attachments);
    },
    /** Beside all turns. */
    aside({ text, status }) {
      const item = element('li', 'turn');
      item.append(element('span', 'unseen', `${say('assistant')}: `));
      const part = { element: element('div', 'answer notice'), text: '', attempt: 0 };
      part.element.classList.toggle('bad', status === 'failed');
      item.append(part.element);
      list.append(item);
      put(part, text);
      // What can be pressed stands behind the question.
      list.append(...asked.values());
    },
    /** A call that waits for the person, or what became of it. */
    approval({ turn, approval, state }) {
      asked.get(approval)?.remove();
      asked.delete(approval);
      if (state !== 'asked') return;
      const item = element('li', 'turn choices');
      item.dataset.turn = turn;
      for (const [word, command] of [
        [say('allow'), `/approve ${approval}`],
        [say('allowAlways'), `/approve ${approval} conversation`],
        [say('refuse'), `/deny ${approval}`],
      ]) {
        const button = element('button', 'quiet', word);
        button.type = 'button';
        button.addEventListener('click', () => onDecide(command));
        item.append(button);
      }
      asked.set(approval, item);
      list.append(item);
    },
    entry,
    /** Entries from before all others. A turn that began there keeps its parts apart. */
    before(entries) {
      const later = turns;
      target = document.createDocumentFragment();
      turns = new Map();
      for (const one of entries) entry(one);
      list.prepend(target);
      turns = later;
      target = list;
    },
  };
}
