CREATE TABLE "mail_outbox" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"template" text NOT NULL,
	"language" text NOT NULL,
	"payer_id" text,
	"wrapped_key" "bytea",
	"key_version" integer,
	"recipient_sealed" "bytea",
	"data_sealed" "bytea",
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone NOT NULL,
	"lease_until" timestamp with time zone,
	"expires_at" timestamp with time zone,
	"error_code" text,
	"finished_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "mail_outbox_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "mail_outbox_status" CHECK ("mail_outbox"."status" in ('queued', 'sent', 'failed', 'expired')),
	CONSTRAINT "mail_outbox_one_key" CHECK ("mail_outbox"."payer_id" is null or "mail_outbox"."wrapped_key" is null)
);
--> statement-breakpoint
ALTER TABLE "mail_outbox" ADD CONSTRAINT "mail_outbox_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "mail_outbox_due" ON "mail_outbox" USING btree ("tenant_id","next_attempt_at") WHERE "mail_outbox"."status" = 'queued';
--> statement-breakpoint
CREATE INDEX "mail_outbox_payer" ON "mail_outbox" USING btree ("tenant_id","payer_id");
--> statement-breakpoint
-- The same moves stand in src/domain/mail/state.ts.
create trigger mail_outbox_moves before update of status on mail_outbox
  for each row execute function panless_allow_moves('queued>sent', 'queued>failed', 'queued>expired');
--> statement-breakpoint
select panless_guard_table('mail_outbox');
