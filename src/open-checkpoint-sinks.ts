// Opens the places outside the database that the settings name for the audit log's checkpoints; what only some of them
// need is loaded with them.
import type { Config, Secret } from './config.ts'
import { createCheckpointFile } from './outbound/checkpoint-file.ts'
import type { CheckpointSink } from './outbound/checkpoint-sink.ts'

/** The places outside that are set, in the order in which they get a checkpoint. */
export async function openCheckpointSinks(config: Config, clock: { wall(): Date }): Promise<CheckpointSink[]> {
  const { AUDIT_CHECKPOINT_FILE: path, AUDIT_S3_URL, AUDIT_TSA_URL, AUDIT_CA_FILE: caFile } = config
  return [
    ...(path === undefined ? [] : [createCheckpointFile(path)]),
    ...(AUDIT_S3_URL === undefined
      ? []
      : [
          (await import('./outbound/checkpoint-bucket.ts')).createCheckpointBucket({
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
          (await import('./outbound/time-stamp.ts')).createTimeStamper({
            url: AUDIT_TSA_URL,
            authoritiesFile: config.AUDIT_TSA_CA_FILE,
            wallNow: clock.wall,
            caFile,
          }),
        ]),
  ]
}
