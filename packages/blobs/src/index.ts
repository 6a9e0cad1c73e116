export type { About, BlobContent, Blobs } from './contract.js';
export { headBytes, imageTypeOf, mediaTypeOf } from './media-type.js';
export { openBlobs, type OpenBlobsOptions } from './open-blobs.js';
export { pictureSizeOf, type PictureSize } from './picture-size.js';
export { readBlob, readHead } from './read-blob.js';
export { voiceSecondsOf } from './voice-seconds.js';
