import type { Announce } from './announce.js';

/** What still runs in a process that stops. */
export type Work = { readonly turns: number; readonly calls: number };

/** Adds up what the processes still wait for, and announces it whenever it changes to something else than nothing. */
export function workBoard(announce: Announce): (name: string, work: Work) => void {
  const known = new Map<string, Work>();
  let said = '0 0';
  return (name, work) => {
    known.set(name, work);
    const all = [...known.values()];
    const turns = all.reduce((sum, one) => sum + one.turns, 0);
    const calls = all.reduce((sum, one) => sum + one.calls, 0);
    const now = `${turns} ${calls}`;
    if (now !== said && turns + calls > 0) announce({ event: 'working', turns, calls });
    said = now;
  };
}
