import type { Language } from '@queueclaw/contracts';

const locales: Readonly<Record<Language, string>> = { en: 'en-GB', zh: 'zh-CN' };

/**
 * Date and time at `at` (milliseconds since the epoch) as people of the language write them, in the first of the IANA zones
 * that exists, else UTC; the zone is named.
 */
export function momentInZone(at: number, zones: readonly (string | undefined)[], language: Language): string {
  for (const timeZone of [...zones, 'UTC']) {
    if (timeZone === undefined || timeZone === '') continue;
    try {
      const format = new Intl.DateTimeFormat(locales[language], { dateStyle: 'medium', timeStyle: 'short', timeZone });
      return `${format.format(at)} (${format.resolvedOptions().timeZone})`;
    } catch {
      // People may name zones that do not exist.
    }
  }
  return '';
}
