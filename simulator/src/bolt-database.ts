/**
 * The file format of etcd's database (bbolt), as far as one snapshot needs it: two meta pages, an empty free list, a
 * root leaf that names the buckets, and one leaf page per bucket that is as long as its content.
 */
const pageSize = 4096;
const headerSize = 16;
const elementSize = 16;
const flags = { leaf: 0x02, meta: 0x04, freelist: 0x10 };
const bucketFlag = 1;
const firstBucketPage = 4;

/** A key with its value and the revision at which it was written. */
export interface DatabaseEntry {
  key: string;
  value: string;
  revision: number;
}

interface Element {
  key: Buffer;
  value: Buffer;
  flags: number;
}

/** Writes a database that `etcdutl snapshot status` accepts. Entries are sorted by revision. */
export function writeDatabase(entries: readonly DatabaseEntry[]): Buffer {
  const keys = entries.map(({ key, value, revision }) => ({
    key: revisionKey(revision),
    value: keyValue(key, value, revision),
    flags: 0,
  }));
  const index = Buffer.alloc(8);
  index.writeBigUInt64BE(BigInt(entries.at(-1)?.revision ?? 1));
  const meta = [
    { key: Buffer.from('consistent_index'), value: index, flags: 0 },
    { key: Buffer.from('storageVersion'), value: Buffer.from('3.6.0'), flags: 0 },
  ];
  const keyPage = leafPage(firstBucketPage, keys);
  const metaPageId = firstBucketPage + keyPage.length / pageSize;
  const metaPage = leafPage(metaPageId, meta);
  const end = metaPageId + metaPage.length / pageSize;
  const root = leafPage(3, [bucket('key', firstBucketPage), bucket('meta', metaPageId)]);
  const freelist = Buffer.alloc(pageSize);
  writeHeader(freelist, 2, flags.freelist, 0, 0);
  return Buffer.concat([metaPageOf(0, end), metaPageOf(1, end), freelist, root, keyPage, metaPage]);
}

/** The entries of a database that {@link writeDatabase} wrote, in its order. */
export function readDatabase(database: Buffer): DatabaseEntry[] {
  const start = firstBucketPage * pageSize;
  const count = database.readUInt16LE(start + 10);
  return Array.from({ length: count }, (_, index) => {
    const element = start + headerSize + index * elementSize;
    const position = element + database.readUInt32LE(element + 4);
    const keySize = database.readUInt32LE(element + 8);
    const value = database.subarray(position + keySize, position + keySize + database.readUInt32LE(element + 12));
    return { revision: Number(database.readBigUInt64BE(position)), ...keyAndValue(value) };
  });
}

function metaPageOf(id: number, end: number): Buffer {
  const page = Buffer.alloc(pageSize);
  writeHeader(page, id, flags.meta, 0, 0);
  const meta = page.subarray(headerSize);
  meta.writeUInt32LE(0xed0cdaed, 0);
  meta.writeUInt32LE(2, 4);
  meta.writeUInt32LE(pageSize, 8);
  meta.writeBigUInt64LE(3n, 16);
  meta.writeBigUInt64LE(2n, 32);
  meta.writeBigUInt64LE(BigInt(end), 40);
  meta.writeBigUInt64LE(BigInt(id), 48);
  meta.writeBigUInt64LE(fnv64a(meta.subarray(0, 56)), 56);
  return page;
}

function bucket(name: string, pageId: number): Element {
  const value = Buffer.alloc(16);
  value.writeBigUInt64LE(BigInt(pageId));
  return { key: Buffer.from(name), value, flags: bucketFlag };
}

function leafPage(id: number, elements: readonly Element[]): Buffer {
  const contentSize = elements.reduce(
    (sum, { key, value }) => sum + elementSize + key.length + value.length,
    headerSize,
  );
  const pages = Math.max(1, Math.ceil(contentSize / pageSize));
  const page = Buffer.alloc(pages * pageSize);
  writeHeader(page, id, flags.leaf, elements.length, pages - 1);
  let content = headerSize + elements.length * elementSize;
  for (const [index, { key, value, flags: elementFlags }] of elements.entries()) {
    const element = headerSize + index * elementSize;
    page.writeUInt32LE(elementFlags, element);
    page.writeUInt32LE(content - element, element + 4);
    page.writeUInt32LE(key.length, element + 8);
    page.writeUInt32LE(value.length, element + 12);
    content += key.copy(page, content);
    content += value.copy(page, content);
  }
  return page;
}

function writeHeader(page: Buffer, id: number, pageFlags: number, count: number, overflow: number): void {
  page.writeBigUInt64LE(BigInt(id), 0);
  page.writeUInt16LE(pageFlags, 8);
  page.writeUInt16LE(count, 10);
  page.writeUInt32LE(overflow, 12);
}

/** etcd's keys: eight bytes of revision, an underscore, eight bytes of what happened within it. */
function revisionKey(revision: number): Buffer {
  const key = Buffer.alloc(17);
  key.writeBigUInt64BE(BigInt(revision), 0);
  key.write('_', 8);
  return key;
}

/** The message `mvccpb.KeyValue`: key, create and mod revision, version, value. */
function keyValue(key: string, value: string, revision: number): Buffer {
  const [keyBytes, valueBytes] = [Buffer.from(key), Buffer.from(value)];
  return Buffer.concat([
    Buffer.from([0x0a]),
    varint(keyBytes.length),
    keyBytes,
    Buffer.from([0x10]),
    varint(revision),
    Buffer.from([0x18]),
    varint(revision),
    Buffer.from([0x20, 1, 0x2a]),
    varint(valueBytes.length),
    valueBytes,
  ]);
}

function keyAndValue(message: Buffer): { key: string; value: string } {
  let position = 0;
  const next = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = message[position] ?? 0;
      position += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  };
  const text = (): string => {
    const length = next();
    position += length;
    return message.toString('utf8', position - length, position);
  };
  const entry = { key: '', value: '' };
  while (position < message.length) {
    const tag = next();
    if (tag === 0x0a) entry.key = text();
    else if (tag === 0x2a) entry.value = text();
    else next();
  }
  return entry;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}

function fnv64a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
