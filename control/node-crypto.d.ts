/** What of `node:crypto` this Worker uses (flag `nodejs_compat`): hashes and ciphers without a promise, for transactions. */
declare module "node:crypto" {
  interface Hash {
    update(data: string | Uint8Array): Hash;
    digest(): Uint8Array;
  }
  interface CipherGCM {
    setAAD(data: Uint8Array): CipherGCM;
    update(data: Uint8Array): Uint8Array;
    final(): Uint8Array;
    getAuthTag(): Uint8Array;
  }
  interface DecipherGCM {
    setAAD(data: Uint8Array): DecipherGCM;
    setAuthTag(tag: Uint8Array): DecipherGCM;
    update(data: Uint8Array): Uint8Array;
    /** Throws when any of it was changed. */
    final(): Uint8Array;
  }
  export function createHash(algorithm: "sha256"): Hash;
  export function createHmac(algorithm: "sha256", key: Uint8Array): Hash;
  export function createCipheriv(algorithm: "aes-256-gcm", key: Uint8Array, iv: Uint8Array): CipherGCM;
  export function createDecipheriv(algorithm: "aes-256-gcm", key: Uint8Array, iv: Uint8Array): DecipherGCM;
  export function randomBytes(size: number): Uint8Array;
}
