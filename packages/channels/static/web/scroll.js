const nearPx = 120;

/** Keeps the end of a growing list in sight, as long as the person has not scrolled away; `down` leads back. */
export function followEnd(page, list, down) {
  let following = true;
  const toEnd = () => {
    if (following) page.scrollTop = page.scrollHeight;
  };
  page.addEventListener(
    'scroll',
    () => {
      following = page.scrollHeight - page.scrollTop - page.clientHeight < nearPx;
      down.hidden = following;
    },
    { passive: true },
  );
  const watch = new ResizeObserver(toEnd);
  watch.observe(list);
  watch.observe(page);
  down.addEventListener('click', () => {
    following = true;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    page.scrollTo({ top: page.scrollHeight, behavior: still ? 'auto' : 'smooth' });
  });
  return {
    toEnd,
    resume: () => (following = true),
    /** Runs a change that adds above, and leaves what is in sight where it is. */
    holding(change) {
      const fromEnd = page.scrollHeight - page.scrollTop;
      following = false;
      change();
      requestAnimationFrame(() => requestAnimationFrame(() => (page.scrollTop = page.scrollHeight - fromEnd)));
    },
  };
}
