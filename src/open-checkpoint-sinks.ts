// Opens the places outside the database that the settings name for the audit log's checkpoints.
import type { Config, Secret } from './config.ts'
import { createCheckpointBucket } from './outbound/checkpoint-bucket.ts'
import { createCheckpointFile } from './outbound/checkpoint-file.ts'
import type { CheckpointSink } from './outbound/checkpoint-sink.ts'
import { createTimeStamper } from './outbound/time-stamp.ts'

/** The places outside that are set, in the order in which they get a checkpoint. */
export function openCheckpointSinks(config: Config, clock: { wall(): Date }): CheckpointSink[] {
  const { AUDIT_CHECKPOINT_FILE: path, AUDIT_S3_URL, AUDIT_TSA_URL, AUDIT_CA_FILE: caFile } = config
  return [
    ...(path === undefined ? [] : [createCheckpointFile(path)]),
    ...(AUDIT_S3_URL === undefined
      ? []
      : [
          createCheckpointBucket({
            url: AUDIT_S3_URL,
            region: config.AUDIT_S3_REGION,
            accessKeyId: config.AUDIT_S3_ACCESS_KEY_ID as string,
            secretAccessKey: (config.AUDIT_S3_SECRET_ACCESS_KEY as Secret).reveal(),
            retainDays: config.AUDIT_S3_RETAIN_DAYS,
            wallNow: clock.wall,
            caFile,
          }),
        ]),
    ...(AUDIT_TSA_URL === undefined
      ? []
      : [
          createTimeStamper({
            url: AUDIT_TSA_URL,
            authoritiesFile: config.AUDIT_TSA_CA_FILE,
            wallNow: clock.wall,
            caFile,
          }),
        ]),
  ]
}
