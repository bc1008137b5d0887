/** Limits that two deployables must agree on. Sizes in bytes. */

/** As Workers Static Assets: 25 MiB a file, 100 000 files. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;
export const MAX_BUNDLE_FILES = 100_000;

export const MAX_SOURCE_FILES = 20_000;
export const MAX_SOURCE_BYTES = 1024 * 1024 * 1024;

/** One upload request is held in a Worker's memory (128 MB, shared by the requests of its isolate). */
export const MAX_BLOB_BATCH_BYTES = 26 * 1024 * 1024;
export const MAX_BLOB_BATCH_COUNT = 200;
