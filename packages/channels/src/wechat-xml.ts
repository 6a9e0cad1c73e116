import { XMLParser, XMLValidator } from 'fast-xml-parser';

const charsMax = 131_072;

/** Entities stay as they are written, and no text becomes a number: ids have more digits than a number keeps. */
const parser = new XMLParser({
  ...{ processEntities: false, parseTagValue: false, ignoreAttributes: true, trimValues: true },
  ...{ ignorePiTags: true, maxNestedTags: 8 },
});

/**
 * The fields of a document of WeChat's (`<xml>…</xml>` and nothing in front, at most 128 Ki characters); undefined for everything
 * else.
 */
export function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  // A document type, where entities are made, could only stand in front of the root.
  if (text.length > charsMax || !text.trimStart().startsWith('<xml>')) return undefined;
  try {
    if (XMLValidator.validate(text) !== true) return undefined;
    const { xml } = parser.parse(text) as { xml?: unknown };
    return typeof xml === 'object' && xml !== null ? { ...xml } : undefined;
  } catch {
    return undefined;
  }
}
