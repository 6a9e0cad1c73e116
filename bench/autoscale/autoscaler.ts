import type { Rules } from './rules.ts';

/** What /metrics of the console and of the agents say. */
export type Reading = {
  readonly inProgress: number;
  readonly backlog: number;
  readonly oldestSeconds: number;
  /** How long a job lately held its place; undefined: none ended. */
  readonly stepSeconds: number | undefined;
};

/** Kubernetes leaves it as it is while the need is this near to what is there. */
const tolerance = 0.1;

/**
 * Places that are needed, by Little's law: those in use, and for what waits as many as begin it within the wait that is aimed
 * at, since a place that is left after a step takes several of them in that time. docs/deploy/capacity.md derives it.
 */
export function placesNeeded(reading: Reading, targetSeconds: number): number {
  return reading.inProgress + reading.backlog * Math.min(1, (reading.stepSeconds ?? 1) / targetSeconds);
}

/** Replicas by one metric, as the HorizontalPodAutoscaler computes them. @param ratio of what is there to what it is meant for */
const byRatio = (ratio: number, current: number): number =>
  Math.abs(ratio - 1) <= tolerance ? current : Math.ceil(ratio * current - 1e-9);

type Change = { readonly at: number; readonly by: number };

/**
 * An autoscaler of Kubernetes with the rules of a ScaledObject. Each call is one poll; what it returns is taken for done.
 * @returns how many replicas there are to be. `now` in seconds, of any clock that only advances
 */
export function createAutoscaler(rules: Rules): (reading: Reading, current: number, now: number) => number {
  const recommended: { at: number; replicas: number }[] = [];
  const changes: Change[] = [];

  const allowed = (scaling: Rules['up'], current: number, now: number, sign: 1 | -1): number => {
    const limits = scaling.policies.map(({ type, value, periodSeconds }) => {
      const lately = changes.filter(({ at, by }) => at > now - periodSeconds && Math.sign(by) === sign);
      const before = current - lately.reduce((sum, { by }) => sum + by, 0);
      if (type === 'Pods') return before + sign * value;
      const share = before * (1 + (sign * value) / 100);
      return sign > 0 ? Math.ceil(share) : Math.trunc(share);
    });
    return sign > 0 ? Math.max(...limits) : Math.min(...limits);
  };

  return (reading, current, now) => {
    const { perReplica, targetSeconds, oldestSeconds, min, max, up, down } = rules;
    const wanted = Math.max(
      byRatio(placesNeeded(reading, targetSeconds) / (perReplica * current), current),
      byRatio(reading.oldestSeconds / oldestSeconds, current),
    );
    const replicas = Math.min(max, Math.max(min, wanted));
    recommended.push({ at: now, replicas });
    const window = down.stabilizationWindowSeconds;
    while ((recommended[0]?.at ?? now) < now - window) recommended.shift();
    const stable = Math.max(...recommended.map((one) => one.replicas));
    // Up at once; down only to the most that was wanted in the window.
    const goal = replicas > current ? replicas : Math.min(current, stable);
    const next =
      goal > current ? Math.min(goal, allowed(up, current, now, 1)) : Math.max(goal, allowed(down, current, now, -1));
    const bounded = goal > current ? Math.max(current, next) : Math.min(current, next);
    if (bounded !== current) changes.push({ at: now, by: bounded - current });
    return bounded;
  };
}
