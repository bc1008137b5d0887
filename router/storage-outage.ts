/**
 * Storage that can not be read now. No build is to blame for it, and the arms of a rollout do not meet it alike: what few
 * visitors ask for is less often at hand in an isolate's memory. So it must be told from other errors.
 */
export class StorageOutage extends Error {
  constructor(cause: unknown) {
    super(`storage can not be read: ${String(cause)}`, { cause });
    this.name = "StorageOutage";
  }
}
