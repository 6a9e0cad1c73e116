import { token } from '/assets/history.js';

const find = (id) => document.getElementById(id);

/** The dialog that asks for the token. Returns the function that opens it; `onToken` is called when there is one. */
export function createTokenDialog(onToken) {
  const dialog = find('ask-token');
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  find('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    token.set(find('token').value.trim());
    find('token').value = '';
    dialog.close();
    onToken();
  });
  return () => {
    find('token-error').hidden = token.get() === undefined;
    token.set(undefined);
    if (!dialog.open) dialog.showModal();
    find('token').focus();
  };
}
