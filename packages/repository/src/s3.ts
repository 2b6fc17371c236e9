/**
 * A store in an S3-compatible bucket. Apart from the main entry because of the AWS client, which the caller brings.
 *
 * @packageDocumentation
 */
export { createS3Store, type S3StoreOptions } from './s3-store.ts';
