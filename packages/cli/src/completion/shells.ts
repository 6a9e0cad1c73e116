/** The shells that completion knows. */
export const shells: readonly string[] = ['bash', 'zsh', 'fish'];
