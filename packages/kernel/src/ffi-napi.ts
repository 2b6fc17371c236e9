/**
 * The module system calls by `ffi-napi`, for those who already ship it. This package does not depend on it: the caller hands its
 * own copy over. It is slower than koffi, and `npm install` builds it only on old Node versions; its prebuilt addon loads where
 * install scripts are off.
 *
 * @packageDocumentation
 */
export { createFfiNapiLoader } from './ffi-napi-loader.ts';
export type { FfiNapi, FfiNapiOptions } from './ffi-napi-loader.ts';
