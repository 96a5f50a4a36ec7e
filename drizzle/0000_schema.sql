CREATE TABLE "audit_log" (
	"tenant_id" text NOT NULL,
	"sequence" bigserial NOT NULL,
	"id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"action" text NOT NULL,
	"outcome" text NOT NULL,
	"object_type" text NOT NULL,
	"object_id" text,
	"payer_id" text,
	"request_id" text NOT NULL,
	"address_hash" "bytea",
	"details" jsonb NOT NULL,
	"transaction_id" text NOT NULL,
	"row_hash" "bytea" NOT NULL,
	CONSTRAINT "audit_log_tenant_id_sequence_pk" PRIMARY KEY("tenant_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "charge_attempts" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"charge_id" text NOT NULL,
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"amount" bigint NOT NULL,
	"stripe_idempotency_key" text NOT NULL,
	"failure_code" text,
	"decline_code" text,
	"created_at" timestamp with time zone NOT NULL,
	"sent_at" timestamp with time zone,
	"decided_at" timestamp with time zone,
	"lease_until" timestamp with time zone,
	"looks" integer DEFAULT 0 NOT NULL,
	"next_look_at" timestamp with time zone,
	"missing_since" timestamp with time zone,
	CONSTRAINT "charge_attempts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "charge_attempts_kind" CHECK ("charge_attempts"."kind" in ('charge', 'capture', 'cancel')),
	CONSTRAINT "charge_attempts_status" CHECK ("charge_attempts"."status" in ('created', 'sending', 'processing', 'requires_action', 'unknown', 'needs_review', 'succeeded', 'declined', 'errored', 'expired', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "charges" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"payer_id" text NOT NULL,
	"token_id" text NOT NULL,
	"status" text NOT NULL,
	"amount" bigint NOT NULL,
	"amount_captured" bigint DEFAULT 0 NOT NULL,
	"amount_refunded" bigint DEFAULT 0 NOT NULL,
	"amount_disputed" bigint DEFAULT 0 NOT NULL,
	"currency" text NOT NULL,
	"capture_method" text NOT NULL,
	"billing_job" text,
	"reference_hash" "bytea" NOT NULL,
	"details_sealed" "bytea" NOT NULL,
	"failure_code" text,
	"decline_code" text,
	"advice_code" text,
	"retry" text,
	"retry_after" timestamp with time zone,
	"disputed" boolean DEFAULT false NOT NULL,
	"stripe_payment_intent_id" text,
	"stripe_charge_id" text,
	"authenticate_by" timestamp with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"settled_at" timestamp with time zone,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "charges_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "charges_status" CHECK ("charges"."status" in ('created', 'sending', 'processing', 'requires_action', 'requires_capture', 'unknown', 'needs_review', 'succeeded', 'declined', 'errored', 'expired', 'cancelled')),
	CONSTRAINT "charges_amount" CHECK ("charges"."amount" between 1 and 99999999),
	CONSTRAINT "charges_captured" CHECK ("charges"."amount_captured" between 0 and "charges"."amount"),
	CONSTRAINT "charges_refunded" CHECK ("charges"."amount_refunded" >= 0),
	CONSTRAINT "charges_capture_method" CHECK ("charges"."capture_method" in ('automatic', 'manual'))
);
--> statement-breakpoint
CREATE TABLE "disputes" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"charge_id" text NOT NULL,
	"stripe_dispute_id" text NOT NULL,
	"status" text NOT NULL,
	"reason" text,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"funds_withdrawn" boolean NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "disputes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "refunds" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"charge_id" text NOT NULL,
	"payer_id" text NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"status" text NOT NULL,
	"reason_sealed" "bytea",
	"origin" text DEFAULT 'vault' NOT NULL,
	"failure_code" text,
	"stripe_refund_id" text,
	"stripe_idempotency_key" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"sent_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	"updated_at" timestamp with time zone NOT NULL,
	"lease_until" timestamp with time zone,
	"looks" integer DEFAULT 0 NOT NULL,
	"next_look_at" timestamp with time zone,
	"missing_since" timestamp with time zone,
	CONSTRAINT "refunds_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "refunds_status" CHECK ("refunds"."status" in ('sending', 'unknown', 'pending', 'succeeded', 'failed', 'cancelled', 'needs_review')),
	CONSTRAINT "refunds_amount" CHECK ("refunds"."amount" > 0)
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"tenant_id" text NOT NULL,
	"key_hash" "bytea" NOT NULL,
	"request_hash" "bytea" NOT NULL,
	"status" text NOT NULL,
	"moves_money" boolean NOT NULL,
	"object_id" text,
	"payer_id" text,
	"reply_status" integer,
	"reply_sealed" "bytea",
	"lease_until" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_tenant_id_key_hash_pk" PRIMARY KEY("tenant_id","key_hash"),
	CONSTRAINT "idempotency_keys_status" CHECK ("idempotency_keys"."status" in ('running', 'done'))
);
--> statement-breakpoint
CREATE TABLE "scheduled_tasks" (
	"tenant_id" text NOT NULL,
	"task" text NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	CONSTRAINT "scheduled_tasks_tenant_id_task_pk" PRIMARY KEY("tenant_id","task")
);
--> statement-breakpoint
CREATE TABLE "checkout_sessions" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"payer_id" text NOT NULL,
	"setup_intent_id" text NOT NULL,
	"usage" text NOT NULL,
	"consent_text_version" text NOT NULL,
	"consent_locale" text NOT NULL,
	"limits" jsonb,
	"origin" text,
	"token_id" text,
	"failures" integer DEFAULT 0 NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "checkout_sessions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "checkout_sessions_usage" CHECK ("checkout_sessions"."usage" in ('off_session', 'on_session'))
);
--> statement-breakpoint
CREATE TABLE "consents" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"payer_id" text NOT NULL,
	"purpose" text NOT NULL,
	"text_version" text NOT NULL,
	"locale" text,
	"accepted_at" timestamp with time zone NOT NULL,
	"evidence_sealed" "bytea",
	"source" text NOT NULL,
	"withdrawn_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "consents_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "payers" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"wrapped_key" "bytea" NOT NULL,
	"key_version" integer NOT NULL,
	"profile_sealed" "bytea" NOT NULL,
	"identity_sealed" "bytea",
	"identity_fields" text[] DEFAULT '{}' NOT NULL,
	"short_name_hash" "bytea" NOT NULL,
	"external_ref_hash" "bytea",
	"email_hash" "bytea",
	"stripe_customer_id" text,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "payers_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "payers_status" CHECK ("payers"."status" in ('active', 'erased'))
);
--> statement-breakpoint
CREATE TABLE "balance_transactions" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"type" text NOT NULL,
	"reporting_category" text NOT NULL,
	"amount" bigint NOT NULL,
	"fee" bigint NOT NULL,
	"net" bigint NOT NULL,
	"currency" text NOT NULL,
	"status" text NOT NULL,
	"source_id" text,
	"source_charge_id" text,
	"source_payment_intent_id" text,
	"source_attempt_id" text,
	"source_status" text,
	"presentment_amount" bigint,
	"presentment_currency" text,
	"created_at" timestamp with time zone NOT NULL,
	"available_on" timestamp with time zone NOT NULL,
	"raw" jsonb NOT NULL,
	"mirrored_at" timestamp with time zone NOT NULL,
	"missing_at" timestamp with time zone,
	"matched_type" text,
	"matched_id" text,
	"match_rule" text,
	CONSTRAINT "balance_transactions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "balance_transactions_matched_type" CHECK ("balance_transactions"."matched_type" in ('charge', 'refund', 'dispute') and "balance_transactions"."matched_id" is not null or "balance_transactions"."matched_type" is null and "balance_transactions"."matched_id" is null)
);
--> statement-breakpoint
CREATE TABLE "exceptions" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"cause" text NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"subject_type" text NOT NULL,
	"subject_id" text NOT NULL,
	"charge_id" text,
	"refund_id" text,
	"balance_transaction_id" text,
	"payout_id" text,
	"expected_amount" bigint,
	"actual_amount" bigint,
	"currency" text,
	"detail" text NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	CONSTRAINT "exceptions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "exceptions_status" CHECK ("exceptions"."status" in ('open', 'closed'))
);
--> statement-breakpoint
CREATE TABLE "mirror_cursors" (
	"tenant_id" text NOT NULL,
	"feed" text NOT NULL,
	"window_from" timestamp with time zone,
	"window_to" timestamp with time zone,
	"page_after" text,
	"window_started_at" timestamp with time zone,
	"lease_until" timestamp with time zone,
	"caught_up_to" timestamp with time zone,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "mirror_cursors_tenant_id_feed_pk" PRIMARY KEY("tenant_id","feed")
);
--> statement-breakpoint
CREATE TABLE "payout_rows" (
	"tenant_id" text NOT NULL,
	"payout_id" text NOT NULL,
	"balance_transaction_id" text NOT NULL,
	CONSTRAINT "payout_rows_tenant_id_payout_id_balance_transaction_id_pk" PRIMARY KEY("tenant_id","payout_id","balance_transaction_id")
);
--> statement-breakpoint
CREATE TABLE "payouts" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"status" text NOT NULL,
	"automatic" boolean NOT NULL,
	"reconciliation_status" text NOT NULL,
	"balance_transaction_id" text,
	"failure_code" text,
	"trace_id" text,
	"arrival_date" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"raw" jsonb NOT NULL,
	"rows_listed_at" timestamp with time zone,
	"mirrored_at" timestamp with time zone NOT NULL,
	CONSTRAINT "payouts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "reconciliations" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"from" timestamp with time zone NOT NULL,
	"to" timestamp with time zone NOT NULL,
	"status" text NOT NULL,
	"summary" jsonb,
	"error_code" text,
	"created_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "reconciliations_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "reconciliations_status" CHECK ("reconciliations"."status" in ('queued', 'running', 'completed', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "stripe_events" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"stripe_event_id" text NOT NULL,
	"type" text NOT NULL,
	"object_id" text,
	"object_type" text,
	"livemode" boolean NOT NULL,
	"account" text,
	"api_version" text,
	"stripe_created_at" timestamp with time zone NOT NULL,
	"facts" jsonb NOT NULL,
	"payload_hash" "bytea" NOT NULL,
	"source" text NOT NULL,
	"status" text DEFAULT 'received' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"error_code" text,
	"next_attempt_at" timestamp with time zone NOT NULL,
	"lease_until" timestamp with time zone,
	"received_at" timestamp with time zone NOT NULL,
	"processed_at" timestamp with time zone,
	CONSTRAINT "stripe_events_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "stripe_events_status" CHECK ("stripe_events"."status" in ('received', 'done', 'ignored', 'quarantined', 'failed')),
	CONSTRAINT "stripe_events_source" CHECK ("stripe_events"."source" in ('webhook', 'gap_scan'))
);
--> statement-breakpoint
CREATE TABLE "tenant_webhook_secrets" (
	"secret_hash" "bytea" NOT NULL,
	"tenant" text NOT NULL,
	CONSTRAINT "tenant_webhook_secrets_secret_hash_pk" PRIMARY KEY("secret_hash")
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"region" text NOT NULL,
	"livemode" boolean NOT NULL,
	"stripe_account_id" text,
	"stripe_publishable_key" text,
	"stripe_secrets_sealed" "bytea",
	"allowed_origins" text[] DEFAULT '{}' NOT NULL,
	"max_amount_per_charge" bigint,
	"max_amount_per_hour" bigint,
	"max_charges_per_hour" bigint,
	"charging_paused_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "token_sources" (
	"tenant_id" text NOT NULL,
	"stripe_id" text NOT NULL,
	"token_id" text NOT NULL,
	"payer_id" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "token_sources_tenant_id_stripe_id_pk" PRIMARY KEY("tenant_id","stripe_id")
);
--> statement-breakpoint
CREATE TABLE "tokenize_failures" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"session_id" text,
	"payer_id" text,
	"address_hash" "bytea",
	"fingerprint_hash" "bytea",
	"code" text NOT NULL,
	"failed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "tokenize_failures_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "tokens" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"sequence" bigserial NOT NULL,
	"payer_id" text NOT NULL,
	"status" text NOT NULL,
	"stripe_payment_method_id" text NOT NULL,
	"fingerprint_hash" "bytea",
	"brand" text NOT NULL,
	"last4" text NOT NULL,
	"exp_month" integer NOT NULL,
	"exp_year" integer NOT NULL,
	"funding" text NOT NULL,
	"country" text,
	"usage" text NOT NULL,
	"consent_id" text NOT NULL,
	"limits" jsonb,
	"duplicate_of" text,
	"duplicate_differs" text[],
	"notes_sealed" "bytea",
	"detached_at" timestamp with time zone,
	"detach_due_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "tokens_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "tokens_status" CHECK ("tokens"."status" in ('pending', 'active', 'frozen', 'expired', 'detached', 'erased')),
	CONSTRAINT "tokens_usage" CHECK ("tokens"."usage" in ('off_session', 'on_session'))
);
--> statement-breakpoint
ALTER TABLE "charge_attempts" ADD CONSTRAINT "charge_attempts_tenant_id_charge_id_charges_tenant_id_id_fk" FOREIGN KEY ("tenant_id","charge_id") REFERENCES "public"."charges"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "charges" ADD CONSTRAINT "charges_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "charges" ADD CONSTRAINT "charges_tenant_id_token_id_tokens_tenant_id_id_fk" FOREIGN KEY ("tenant_id","token_id") REFERENCES "public"."tokens"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "disputes" ADD CONSTRAINT "disputes_tenant_id_charge_id_charges_tenant_id_id_fk" FOREIGN KEY ("tenant_id","charge_id") REFERENCES "public"."charges"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_tenant_id_charge_id_charges_tenant_id_id_fk" FOREIGN KEY ("tenant_id","charge_id") REFERENCES "public"."charges"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checkout_sessions" ADD CONSTRAINT "checkout_sessions_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consents" ADD CONSTRAINT "consents_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payout_rows" ADD CONSTRAINT "payout_rows_tenant_id_payout_id_payouts_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payout_id") REFERENCES "public"."payouts"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "token_sources" ADD CONSTRAINT "token_sources_tenant_id_token_id_tokens_tenant_id_id_fk" FOREIGN KEY ("tenant_id","token_id") REFERENCES "public"."tokens"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tokens" ADD CONSTRAINT "tokens_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tokens" ADD CONSTRAINT "tokens_tenant_id_consent_id_consents_tenant_id_id_fk" FOREIGN KEY ("tenant_id","consent_id") REFERENCES "public"."consents"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_at" ON "audit_log" USING btree ("tenant_id","at");--> statement-breakpoint
CREATE INDEX "audit_log_object" ON "audit_log" USING btree ("tenant_id","object_id");--> statement-breakpoint
CREATE INDEX "audit_log_payer" ON "audit_log" USING btree ("tenant_id","payer_id");--> statement-breakpoint
CREATE INDEX "audit_log_action" ON "audit_log" USING btree ("tenant_id","action","sequence");--> statement-breakpoint
CREATE UNIQUE INDEX "charge_attempts_undecided" ON "charge_attempts" USING btree ("tenant_id","charge_id") WHERE status in ('created', 'sending', 'processing', 'unknown', 'needs_review');--> statement-breakpoint
CREATE INDEX "charge_attempts_charge" ON "charge_attempts" USING btree ("tenant_id","charge_id");--> statement-breakpoint
CREATE INDEX "charge_attempts_due" ON "charge_attempts" USING btree ("tenant_id","next_look_at") WHERE status in ('created', 'sending', 'processing', 'requires_action', 'unknown');--> statement-breakpoint
CREATE UNIQUE INDEX "charge_attempts_key" ON "charge_attempts" USING btree ("tenant_id","stripe_idempotency_key");--> statement-breakpoint
CREATE UNIQUE INDEX "charges_reference" ON "charges" USING btree ("tenant_id","reference_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "charges_payment_intent" ON "charges" USING btree ("tenant_id","stripe_payment_intent_id");--> statement-breakpoint
CREATE INDEX "charges_stripe_charge" ON "charges" USING btree ("tenant_id","stripe_charge_id");--> statement-breakpoint
CREATE INDEX "charges_token" ON "charges" USING btree ("tenant_id","token_id","created_at");--> statement-breakpoint
CREATE INDEX "charges_payer" ON "charges" USING btree ("tenant_id","payer_id");--> statement-breakpoint
CREATE INDEX "charges_created" ON "charges" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "charges_undecided" ON "charges" USING btree ("tenant_id","status") WHERE status in ('created', 'sending', 'processing', 'requires_action', 'unknown', 'needs_review');--> statement-breakpoint
CREATE UNIQUE INDEX "disputes_stripe_dispute" ON "disputes" USING btree ("tenant_id","stripe_dispute_id");--> statement-breakpoint
CREATE INDEX "disputes_charge" ON "disputes" USING btree ("tenant_id","charge_id");--> statement-breakpoint
CREATE UNIQUE INDEX "refunds_stripe_refund" ON "refunds" USING btree ("tenant_id","stripe_refund_id");--> statement-breakpoint
CREATE INDEX "refunds_charge" ON "refunds" USING btree ("tenant_id","charge_id");--> statement-breakpoint
CREATE INDEX "refunds_created" ON "refunds" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "refunds_due" ON "refunds" USING btree ("tenant_id","next_look_at") WHERE status in ('sending', 'unknown', 'pending');--> statement-breakpoint
CREATE INDEX "idempotency_keys_created" ON "idempotency_keys" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "idempotency_keys_payer" ON "idempotency_keys" USING btree ("tenant_id","payer_id");--> statement-breakpoint
CREATE UNIQUE INDEX "checkout_sessions_setup_intent" ON "checkout_sessions" USING btree ("tenant_id","setup_intent_id");--> statement-breakpoint
CREATE INDEX "consents_payer" ON "consents" USING btree ("tenant_id","payer_id");--> statement-breakpoint
CREATE UNIQUE INDEX "payers_external_ref" ON "payers" USING btree ("tenant_id","external_ref_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "payers_stripe_customer" ON "payers" USING btree ("tenant_id","stripe_customer_id");--> statement-breakpoint
CREATE INDEX "payers_short_name" ON "payers" USING btree ("tenant_id","short_name_hash");--> statement-breakpoint
CREATE INDEX "payers_email" ON "payers" USING btree ("tenant_id","email_hash");--> statement-breakpoint
CREATE INDEX "balance_transactions_source" ON "balance_transactions" USING btree ("tenant_id","source_id");--> statement-breakpoint
CREATE INDEX "balance_transactions_created" ON "balance_transactions" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "balance_transactions_matched" ON "balance_transactions" USING btree ("tenant_id","matched_id");--> statement-breakpoint
CREATE UNIQUE INDEX "exceptions_open_subject" ON "exceptions" USING btree ("tenant_id","cause","subject_id") WHERE status = 'open';--> statement-breakpoint
CREATE INDEX "exceptions_status" ON "exceptions" USING btree ("tenant_id","status","cause");--> statement-breakpoint
CREATE INDEX "payout_rows_balance_transaction" ON "payout_rows" USING btree ("tenant_id","balance_transaction_id");--> statement-breakpoint
CREATE INDEX "payouts_created" ON "payouts" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "stripe_events_stripe_event" ON "stripe_events" USING btree ("tenant_id","stripe_event_id");--> statement-breakpoint
CREATE INDEX "stripe_events_due" ON "stripe_events" USING btree ("tenant_id","next_attempt_at") WHERE status = 'received';--> statement-breakpoint
CREATE INDEX "stripe_events_object" ON "stripe_events" USING btree ("tenant_id","object_id");--> statement-breakpoint
CREATE INDEX "stripe_events_received" ON "stripe_events" USING btree ("tenant_id","received_at");--> statement-breakpoint
CREATE INDEX "tokenize_failures_payer" ON "tokenize_failures" USING btree ("tenant_id","payer_id","failed_at");--> statement-breakpoint
CREATE INDEX "tokenize_failures_address" ON "tokenize_failures" USING btree ("tenant_id","address_hash","failed_at");--> statement-breakpoint
CREATE INDEX "tokenize_failures_fingerprint" ON "tokenize_failures" USING btree ("tenant_id","fingerprint_hash","failed_at");--> statement-breakpoint
CREATE INDEX "tokenize_failures_recent" ON "tokenize_failures" USING btree ("tenant_id","failed_at");--> statement-breakpoint
CREATE UNIQUE INDEX "tokens_payment_method" ON "tokens" USING btree ("tenant_id","stripe_payment_method_id");--> statement-breakpoint
CREATE INDEX "tokens_payer" ON "tokens" USING btree ("tenant_id","payer_id","fingerprint_hash");--> statement-breakpoint
CREATE INDEX "tokens_sequence" ON "tokens" USING btree ("tenant_id","sequence");--> statement-breakpoint
CREATE INDEX "tokens_detach_due" ON "tokens" USING btree ("tenant_id","detach_due_at") WHERE detach_due_at is not null;