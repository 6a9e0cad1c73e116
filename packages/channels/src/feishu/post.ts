import { z } from 'zod';

const Text = z.string().max(200_000).default('');
const Span = z.looseObject({
  tag: z.string(),
  text: Text,
  href: Text,
  language: z.string().max(64).default(''),
  user_id: z.string().max(128).default(''),
  image_key: z.string().max(256).default(''),
  file_key: z.string().max(256).default(''),
});
const Post = z.looseObject({ title: Text, content: z.array(z.array(Span).max(1_000)).max(1_000).default([]) });
type Span = z.infer<typeof Span>;

function write({ tag, text, href, language, user_id: user }: Span): string {
  switch (tag) {
    case 'a':
      return text === '' || text === href ? href : `${text} (${href})`;
    case 'at':
      return user;
    case 'code_block':
      return `\`\`\`${language.toLowerCase()}\n${text.replace(/\n$/, '')}\n\`\`\``;
    case 'hr':
      return '---';
    default:
      return text;
  }
}

/** Keys of the pictures and films in a post, in their order. */
export function keysOfPost(content: unknown): readonly { readonly key: string; readonly film: boolean }[] {
  const spans = Post.safeParse(content).data?.content.flat() ?? [];
  return spans.flatMap(({ tag, image_key: image, file_key: file }): { key: string; film: boolean }[] => {
    if (tag === 'img' && image !== '') return [{ key: image, film: false }];
    return tag === 'media' && file !== '' ? [{ key: file, film: true }] : [];
  });
}

/** The words of a post (rich text), a line for each of its paragraphs; empty when it has none, or is no post. */
export function textOfPost(content: unknown): string {
  const post = Post.safeParse(content);
  if (!post.success) return '';
  const lines = post.data.content.map((spans) => spans.map(write).join(''));
  return [post.data.title, ...lines].join('\n').trim();
}
