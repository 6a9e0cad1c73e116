import { imageMediaTypes, type ModelImage, type ModelMessage, type ModelRequest } from '@queueclaw/contracts';

/** Pictures of one request; the newest count. */
export const picturesMax = 10;
export const pictureBytesMax = 5 * 1024 * 1024;
/** All pictures of one request, so that it stays below every vendor's bound when it is written as text. */
export const picturesBytesMax = 20 * 1024 * 1024;

/** A picture's bytes as vendors take them. */
export function base64({ data }: ModelImage): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

/** A picture as a `data:` URL. */
export function dataUrl(image: ModelImage): string {
  return `data:${image.mediaType};base64,${base64(image)}`;
}

/** A picture's name as a model may read it: one line, no brackets, at most 64 characters. It is untrusted. */
const nameOf = ({ name = '' }: ModelImage): string => {
  const line = name.replace(/[\p{C}\p{Z}[\]]+/gu, ' ').trim();
  return line === '' ? '' : `: ${[...line].slice(0, 64).join('')}`;
};

const omitted = (image: ModelImage, why: string): string => `[picture${nameOf(image)} omitted, ${why}]`;

const unfit = ({ mediaType, data }: ModelImage): string | undefined => {
  if (!imageMediaTypes.includes(mediaType)) return 'its format is not supported';
  if (data.byteLength === 0) return 'it is empty';
  return data.byteLength > pictureBytesMax ? 'it is larger than 5 MiB' : undefined;
};

/**
 * The request with the pictures that may be sent: the newest, at most ten, of 5 MiB each and 20 MiB together. For each
 * other one a sentence stands in the text, so that the model knows that there was one; so it is for all of them when it
 * cannot see.
 * @param vision the model can see
 */
export function withPictures(request: ModelRequest, vision: boolean): ModelRequest {
  if (!request.messages.some((message) => message.role === 'user' && message.images !== undefined)) return request;
  let count = 0;
  let bytes = 0;
  const objection = (image: ModelImage): string | undefined => {
    if (!vision) return 'this model cannot see pictures';
    const problem = unfit(image);
    if (problem !== undefined) return problem;
    if (count >= picturesMax || bytes + image.data.byteLength > picturesBytesMax) return 'newer ones take its place';
    count += 1;
    bytes += image.data.byteLength;
    return undefined;
  };
  const shown = (message: ModelMessage): ModelMessage => {
    if (message.role !== 'user' || message.images === undefined) return message;
    const judged = message.images.toReversed().map((image) => ({ image, why: objection(image) }));
    const images = judged.flatMap(({ image, why }) => (why === undefined ? [image] : [])).toReversed();
    const notes = judged.flatMap(({ image, why }) => (why === undefined ? [] : [omitted(image, why)])).toReversed();
    const text = [message.text, ...notes].filter((line) => line !== '').join('\n');
    return { role: 'user', text, ...(images.length === 0 ? {} : { images }) };
  };
  // From the newest on, since they have precedence.
  return { ...request, messages: request.messages.toReversed().map(shown).toReversed() };
}
