/** SIGUSR2: something computes for so many milliseconds and lets nothing else run. */
const busyMs = Number(process.env['QUEUECLAW_CHAOS_BUSY_MS'] ?? 0);

process.on('SIGUSR2', () => {
  const end = performance.now() + busyMs;
  while (performance.now() < end);
});

export {};
