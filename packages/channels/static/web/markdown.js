import { Marked } from '/assets/vendor/marked.js';
import DOMPurify from '/assets/vendor/dompurify.js';
import { say } from '/assets/words.js';

const plain = (html) => html.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const harmless = /&lt;(\/?(?:br|kbd|sub|sup|mark|u|details|summary) ?\/?)&gt;/gi;

/** HTML in an answer is shown as it was written, but for a few tags that carry nothing. */
const marked = new Marked({
  ...{ gfm: true, breaks: true },
  renderer: { html: ({ text }) => plain(text).replaceAll(harmless, '<$1>') },
});

const allowed = {
  RETURN_DOM_FRAGMENT: true,
  ALLOWED_TAGS: [
    ...['p', 'br', 'hr', 'strong', 'em', 'b', 'i', 'u', 's', 'del', 'sub', 'sup', 'mark', 'kbd', 'small', 'blockquote'],
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'input', 'a', 'code', 'pre', 'img', 'details', 'summary'],
    ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ],
  ALLOWED_ATTR: ['href', 'title', 'align', 'start', 'type', 'checked', 'disabled', 'class', 'alt', 'src', 'open'],
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|data:image\/(?:png|jpeg|gif|webp);base64,)/i,
};

/** A picture from elsewhere is not loaded, since its address could carry what was said to whoever wrote it. */
function neutralise(image) {
  if (image.getAttribute('src')?.startsWith('data:image/')) return;
  const link = document.createElement('a');
  const source = image.getAttribute('src') ?? '';
  link.textContent = `🖼 ${image.getAttribute('alt') || say('image')}`;
  if (source !== '') link.href = source;
  image.replaceWith(link);
}

function copyButton(pre) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy quiet';
  button.textContent = say('copy');
  button.addEventListener('click', async () => {
    await navigator.clipboard?.writeText(pre.querySelector('code')?.textContent ?? '');
    button.textContent = say('copied');
    setTimeout(() => (button.textContent = say('copy')), 1500);
  });
  return button;
}

function dress(fragment) {
  for (const image of fragment.querySelectorAll('img')) neutralise(image);
  for (const link of fragment.querySelectorAll('a')) {
    if (link.getAttribute('href')?.startsWith('data:')) link.removeAttribute('href');
    link.target = '_blank';
    link.rel = 'noopener noreferrer nofollow';
    if (link.href !== '') link.title = link.href;
  }
  for (const input of fragment.querySelectorAll('input')) {
    if (input.type === 'checkbox') input.disabled = true;
    else input.remove();
  }
  for (const table of fragment.querySelectorAll('table')) wrap(table, 'table');
  for (const pre of fragment.querySelectorAll('pre')) wrap(pre, 'code').append(copyButton(pre));
}

function wrap(element, className) {
  const box = document.createElement('div');
  box.className = className;
  element.replaceWith(box);
  box.append(element);
  return box;
}

/** Shows Markdown in an element: sanitised, links in a new tab, nothing loaded from elsewhere. */
export function showMarkdown(element, text) {
  const fragment = DOMPurify.sanitize(marked.parse(text), allowed);
  dress(fragment);
  element.replaceChildren(fragment);
}
