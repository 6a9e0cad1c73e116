// C0 but tab and newline, DEL, C1, and the marks that turn the direction of text around.
// oxlint-disable-next-line no-control-regex
const commands = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** The text without anything a terminal would take for a command: what a model or tool wrote must not steer it. */
export function plainText(text: string): string {
  return text.replace(commands, '');
}
