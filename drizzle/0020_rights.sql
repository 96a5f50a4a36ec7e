CREATE TABLE "identity_checks" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"request_id" text NOT NULL,
	"payer_id" text,
	"status" text DEFAULT 'open' NOT NULL,
	"code_hash" "bytea",
	"contact_hash" "bytea",
	"address_hash" "bytea",
	"attempts" integer DEFAULT 0 NOT NULL,
	"tried_at" timestamp with time zone,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "identity_checks_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "identity_checks_status" CHECK ("identity_checks"."status" in ('open', 'confirmed', 'replaced'))
);
--> statement-breakpoint
CREATE TABLE "identity_evidence" (
	"tenant_id" text NOT NULL,
	"request_id" text NOT NULL,
	"kind" text NOT NULL,
	"payer_id" text,
	"document" text,
	"recorded_by" text NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	CONSTRAINT "identity_evidence_tenant_id_request_id_kind_pk" PRIMARY KEY("tenant_id","request_id","kind"),
	CONSTRAINT "identity_evidence_kind" CHECK ("identity_evidence"."kind" in ('contact_code', 'last_payment_amount', 'signed_in_session', 'document_seen'))
);
--> statement-breakpoint
CREATE TABLE "payer_history" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"payer_id" text NOT NULL,
	"request_id" text NOT NULL,
	"fields" text[] NOT NULL,
	"old_sealed" "bytea",
	"changed_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "payer_history_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "privacy_requests" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"status" text DEFAULT 'received' NOT NULL,
	"source" text NOT NULL,
	"payer_id" text,
	"wrapped_key" "bytea",
	"key_version" integer,
	"language" text NOT NULL,
	"details_sealed" "bytea",
	"notes_sealed" "bytea",
	"contact_kind" text NOT NULL,
	"contact_hash" "bytea",
	"address_hash" "bytea",
	"failures" integer DEFAULT 0 NOT NULL,
	"deadline_at" timestamp with time zone NOT NULL,
	"extended_at" timestamp with time zone,
	"verified_at" timestamp with time zone,
	"decision" text,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"approved_by" text,
	"approved_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"receipt" text,
	"propagation" text DEFAULT 'none' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone,
	"lease_until" timestamp with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "privacy_requests_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "privacy_requests_kind" CHECK ("privacy_requests"."kind" in ('access', 'rectify', 'erase', 'object')),
	CONSTRAINT "privacy_requests_status" CHECK ("privacy_requests"."status" in ('received', 'verifying', 'verified', 'approved', 'executing', 'done', 'refused', 'expired', 'cancelled')),
	CONSTRAINT "privacy_requests_propagation_state" CHECK ("privacy_requests"."propagation" in ('none', 'due', 'done', 'failed')),
	CONSTRAINT "privacy_requests_one_key" CHECK ("privacy_requests"."payer_id" is null or "privacy_requests"."wrapped_key" is null),
	CONSTRAINT "privacy_requests_verified" CHECK ("privacy_requests"."status" not in ('verified', 'approved', 'executing', 'done', 'refused') or ("privacy_requests"."verified_at" is not null and "privacy_requests"."payer_id" is not null)),
	CONSTRAINT "privacy_requests_second_person" CHECK ("privacy_requests"."approved_by" is null or "privacy_requests"."approved_by" <> "privacy_requests"."decided_by"),
	CONSTRAINT "privacy_requests_erase" CHECK ("privacy_requests"."kind" <> 'erase' or "privacy_requests"."status" not in ('executing', 'done') or "privacy_requests"."approved_by" is not null)
);
--> statement-breakpoint
ALTER TABLE "identity_checks" ADD CONSTRAINT "identity_checks_tenant_id_request_id_privacy_requests_tenant_id_id_fk" FOREIGN KEY ("tenant_id","request_id") REFERENCES "public"."privacy_requests"("tenant_id","id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "identity_evidence" ADD CONSTRAINT "identity_evidence_tenant_id_request_id_privacy_requests_tenant_id_id_fk" FOREIGN KEY ("tenant_id","request_id") REFERENCES "public"."privacy_requests"("tenant_id","id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "payer_history" ADD CONSTRAINT "payer_history_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "payer_history" ADD CONSTRAINT "payer_history_tenant_id_request_id_privacy_requests_tenant_id_id_fk" FOREIGN KEY ("tenant_id","request_id") REFERENCES "public"."privacy_requests"("tenant_id","id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "privacy_requests" ADD CONSTRAINT "privacy_requests_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "identity_checks_request" ON "identity_checks" USING btree ("tenant_id","request_id");
--> statement-breakpoint
CREATE INDEX "identity_checks_contact" ON "identity_checks" USING btree ("tenant_id","contact_hash","created_at");
--> statement-breakpoint
CREATE INDEX "identity_checks_address" ON "identity_checks" USING btree ("tenant_id","address_hash","tried_at");
--> statement-breakpoint
CREATE INDEX "identity_checks_payer" ON "identity_checks" USING btree ("tenant_id","payer_id");
--> statement-breakpoint
CREATE INDEX "identity_evidence_payer" ON "identity_evidence" USING btree ("tenant_id","payer_id");
--> statement-breakpoint
CREATE INDEX "payer_history_payer" ON "payer_history" USING btree ("tenant_id","payer_id");
--> statement-breakpoint
CREATE INDEX "privacy_requests_payer" ON "privacy_requests" USING btree ("tenant_id","payer_id");
--> statement-breakpoint
CREATE INDEX "privacy_requests_contact" ON "privacy_requests" USING btree ("tenant_id","contact_hash","created_at");
--> statement-breakpoint
CREATE INDEX "privacy_requests_address" ON "privacy_requests" USING btree ("tenant_id","address_hash","created_at");
--> statement-breakpoint
CREATE INDEX "privacy_requests_form" ON "privacy_requests" USING btree ("tenant_id","created_at") WHERE source = 'person';
--> statement-breakpoint
CREATE INDEX "privacy_requests_open" ON "privacy_requests" USING btree ("tenant_id","deadline_at") WHERE status in ('received', 'verifying', 'verified', 'approved', 'executing');
--> statement-breakpoint
CREATE INDEX "privacy_requests_propagation" ON "privacy_requests" USING btree ("tenant_id","next_attempt_at") WHERE propagation = 'due';
--> statement-breakpoint
-- The same moves stand in src/domain/rights/state.ts.
create trigger privacy_requests_moves before update of status on privacy_requests
  for each row execute function panless_allow_moves(
    'received>verifying', 'received>expired', 'received>cancelled', 'verifying>verified', 'verifying>expired',
    'verifying>cancelled', 'verified>approved', 'verified>executing', 'verified>done', 'verified>refused',
    'verified>cancelled', 'approved>executing', 'approved>done', 'approved>refused', 'approved>cancelled',
    'executing>done');
--> statement-breakpoint
create trigger privacy_requests_no_delete before delete on privacy_requests
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger identity_evidence_append_only before update or delete on identity_evidence
  for each row execute function panless_refuse_change();
--> statement-breakpoint
select panless_guard_table('privacy_requests');
--> statement-breakpoint
select panless_guard_table('identity_checks');
--> statement-breakpoint
select panless_guard_table('identity_evidence', 'select, insert');
--> statement-breakpoint
select panless_guard_table('payer_history');
