/** A failure a person can act on: printed as it is, without a stack. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** The person ended it, by a signal: nothing to explain. */
export class Interrupted extends Error {
  name = 'Interrupted';
}

/** Prints one progress line on stderr, so that the output of a program started afterwards stays clean. */
export function progress(text) {
  process.stderr.write(`${text}\n`);
}

/** Prints an error for people and sets the exit code; anything unexpected keeps its stack. */
export function complain(error) {
  if (error instanceof Interrupted) {
    process.exitCode = 130;
    return;
  }
  const text = error instanceof SetupError ? error.message : (error?.stack ?? String(error));
  process.stderr.write(`\nqueueclaw: ${text}\n`);
  process.exitCode = 1;
}
