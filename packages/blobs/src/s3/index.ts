import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { BlobsConfig } from '@queueclaw/runtime';
import { createReadStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { BlobKey } from '../blob-key.js';
import type { Store } from '../contract.js';

/** S3 has no way to set a time but to copy an object onto itself: done once an hour at most. */
const touchMs = 3_600_000;

const isMissing = (error: unknown): boolean =>
  error instanceof NoSuchKey ||
  error instanceof NotFound ||
  (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404 && error.name !== 'NoSuchBucket');

const missing = (error: unknown): undefined => {
  if (!isMissing(error)) throw error;
};

/** A server that does not answer: three tries of these are waited for, not more. */
export const usualTimes = { connectionTimeout: 5_000, socketTimeout: 15_000, requestTimeout: 300_000 };

const silent = { trace: mute, debug: mute, info: mute, warn: mute, error: mute };
function mute(): void {}

type Listed = { readonly name: string; readonly size: number; readonly at: number };

/** Blobs as objects `<prefix>/<tenant>/<sha256>` of a bucket. The time of last reference is LastModified, to the hour. */
export function openS3Store(config: BlobsConfig, times: typeof usualTimes = usualTimes): Store {
  const { bucket: Bucket = '', endpoint, access_key: accessKeyId, secret_key: secretAccessKey } = config;
  const prefix = config.prefix === undefined ? '' : `${config.prefix}/`;
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true, region: 'us-east-1' }),
    ...(config.region === undefined ? {} : { region: config.region }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
    logger: silent,
    requestHandler: { ...times, throwOnRequestTimeout: true },
    // Servers that are not Amazon's do not know the newer checksums; the SHA-256 is ours anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const nameOf = ({ tenant, sha256 }: BlobKey): string => `${prefix}${tenant}/${sha256}`;
  const head = async (name: string): Promise<Listed | undefined> => {
    const found = await client.send(new HeadObjectCommand({ Bucket, Key: name })).catch(missing);
    return found && { name, size: found.ContentLength ?? 0, at: found.LastModified?.getTime() ?? 0 };
  };
  const remove = async (name: string): Promise<void> =>
    void (await client.send(new DeleteObjectCommand({ Bucket, Key: name })).catch(missing));

  async function* list(below: string): AsyncIterable<Listed> {
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket,
          Prefix: below,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      for (const { Key, Size, LastModified } of page.Contents ?? [])
        if (Key !== undefined) yield { name: Key, size: Size ?? 0, at: LastModified?.getTime() ?? Infinity };
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  return {
    keep: async (key, { path, size }) => {
      await client.send(
        new PutObjectCommand({
          ...{ Bucket, Key: nameOf(key), Body: createReadStream(path), ContentLength: size },
          ContentType: 'application/octet-stream',
          // The server compares what it got: an object is whole or not there.
          ChecksumSHA256: Buffer.from(key.sha256, 'hex').toString('base64'),
        }),
      );
      await unlink(path).catch(() => undefined);
    },
    read: async (key, bytesMax) => {
      const found = await head(nameOf(key));
      if (found === undefined) return undefined;
      const { name, size } = found;
      if (size === 0) return { size, stream: Readable.from([]) };
      const Range = bytesMax === undefined || bytesMax >= size ? {} : { Range: `bytes=0-${bytesMax - 1}` };
      const { Body } = (await client.send(new GetObjectCommand({ Bucket, Key: name, ...Range })).catch(missing)) ?? {};
      return Body instanceof Readable ? { size, stream: Body } : undefined;
    },
    touch: async (key) => {
      const found = await head(nameOf(key));
      if (found === undefined || Date.now() - found.at < touchMs) return found !== undefined;
      const copy = new CopyObjectCommand({
        ...{ Bucket, Key: found.name, CopySource: encodeURI(`${Bucket}/${found.name}`) },
        ...{ MetadataDirective: 'REPLACE', ContentType: 'application/octet-stream' },
      });
      return (await client.send(copy).catch(missing)) !== undefined;
    },
    remove: (key) => remove(nameOf(key)),
    sweep: async (before) => {
      let removed = 0;
      for await (const { name, at } of list(prefix)) {
        const isOurs = /^[a-z0-9-]+\/[0-9a-f]{64}$/.test(name.slice(prefix.length));
        if (!isOurs || at >= before - touchMs) continue;
        // The page is older than this moment: somebody may have referred to it since.
        if (((await head(name))?.at ?? Infinity) >= before - touchMs) continue;
        await remove(name);
        removed += 1;
      }
      return removed;
    },
    sizes: async function* (tenant) {
      for await (const { size } of list(`${prefix}${tenant}/`)) yield size;
    },
    close: () => client.destroy(),
  };
}
