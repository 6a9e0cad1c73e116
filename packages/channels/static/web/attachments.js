import { token } from '/assets/history.js';
import { say } from '/assets/words.js';

/** As many as one message may have. */
const filesMax = 16;
const thumbnailBytesMax = 5_242_880;

const element = (tag, className, text) => {
  const one = document.createElement(tag);
  if (className !== undefined) one.className = className;
  if (text !== undefined) one.textContent = text;
  return one;
};
const authorized = () => {
  const known = token.get();
  return known === undefined ? {} : { authorization: `Bearer ${known}` };
};
const isPicture = ({ type }) => /^image\/(png|jpeg|webp|gif)$/.test(type);

const sizeText = (bytes) => {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1_048_576 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
};

/** A file's bytes as an address that the page may show. */
const dataUrl = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(reader.result));
    reader.addEventListener('error', () => reject(reader.error));
    reader.readAsDataURL(blob);
  });

const chip = (name, size) => {
  const one = element('span', 'file');
  one.append(element('span', 'file-name', name), element('span', 'file-size', sizeText(size)));
  return one;
};
const withPicture = (one, address) => {
  const picture = element('img');
  picture.src = address;
  picture.alt = '';
  one.prepend(picture);
};

async function upload(file, signal) {
  const answer = await fetch(`/api/attachments?name=${encodeURIComponent(file.name)}`, {
    method: 'POST',
    headers: { ...authorized(), 'content-type': file.type || 'application/octet-stream' },
    body: file,
    signal,
  });
  const body = await answer.json().catch(() => undefined);
  if (answer.status !== 201) throw new Error(body?.error?.message ?? say('offline'));
  return body;
}

async function fetched({ id, type }) {
  const answer = await fetch(`/api/attachments/${id}`, { headers: authorized() });
  if (!answer.ok) throw new Error(say('gone'));
  return new Blob([await answer.arrayBuffer()], { type: isPicture({ type }) ? type : '' });
}

async function save(attachment) {
  const address = URL.createObjectURL(await fetched(attachment));
  const link = element('a');
  link.href = address;
  link.download = attachment.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    target.load();
  }
});

/** The attachments of a message, to look at and to save; undefined when it has none. */
export function showAttachments(attachments) {
  if (attachments === undefined || attachments.length === 0) return undefined;
  const list = element('div', 'files');
  for (const attachment of attachments) {
    const one = element('button');
    one.type = 'button';
    one.title = say('save', { name: attachment.name });
    const label = chip(attachment.name, attachment.size);
    one.append(label);
    one.addEventListener('click', () =>
      save(attachment).catch((error) => label.querySelector('.file-size').replaceChildren(error.message)),
    );
    if (isPicture(attachment) && attachment.size <= thumbnailBytesMax) {
      one.load = () =>
        fetched(attachment)
          .then(dataUrl)
          .then((address) => withPicture(label, address))
          .catch(() => undefined);
      seen.observe(one);
    }
    list.append(one);
  }
  return list;
}

/**
 * The files that are about to be sent. Each is uploaded as soon as it is chosen.
 * @param onChange() when something has come, gone or arrived
 */
export function createTray(list, { onChange }) {
  let files = [];
  const change = () => {
    list.hidden = files.length === 0;
    onChange();
  };
  const drop = (file) => {
    file.stop.abort();
    file.element.remove();
    files = files.filter((one) => one !== file);
    change();
  };

  const add = (blob) => {
    const file = { element: chip(blob.name, blob.size), stop: new AbortController(), attachment: undefined };
    const remove = element('button', 'file-drop', '×');
    remove.type = 'button';
    remove.setAttribute('aria-label', say('detach', { name: blob.name }));
    remove.addEventListener('click', () => drop(file));
    file.element.append(remove);
    file.element.dataset.state = 'uploading';
    list.append(file.element);
    files.push(file);
    if (isPicture(blob) && blob.size <= thumbnailBytesMax)
      dataUrl(blob).then(
        (address) => withPicture(file.element, address),
        () => undefined,
      );
    upload(blob, file.stop.signal).then(
      (attachment) => {
        file.attachment = attachment;
        file.element.dataset.state = 'ready';
        change();
      },
      (error) => {
        file.element.dataset.state = 'failed';
        file.element.querySelector('.file-size').textContent = error.message;
        change();
      },
    );
  };

  return {
    add(chosen) {
      for (const blob of [...chosen].slice(0, filesMax - files.length)) add(blob);
      change();
    },
    /** True while something is on its way or could not be uploaded: the message would lack it. */
    isBusy: () => files.some(({ attachment }) => attachment === undefined),
    /** What was uploaded; the tray is empty then. */
    take() {
      const taken = files.flatMap(({ attachment }) => attachment ?? []);
      for (const file of files) file.element.remove();
      files = [];
      change();
      return taken;
    },
    count: () => files.length,
  };
}
