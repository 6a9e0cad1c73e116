// Exits 0 while the service in this container is alive.
const port = process.env.QUEUECLAW_HEALTH_PORT || '9464';
try {
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
