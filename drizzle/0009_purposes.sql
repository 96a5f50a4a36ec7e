CREATE TABLE "deployment_region" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"region" text NOT NULL,
	"statement" text NOT NULL,
	"set_at" timestamp with time zone NOT NULL,
	CONSTRAINT "deployment_region_one" CHECK ("deployment_region"."singleton")
);
--> statement-breakpoint
CREATE TABLE "objections" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"payer_id" text NOT NULL,
	"purpose" text NOT NULL,
	"source" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "objections_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "purpose_registers" (
	"tenant_id" text NOT NULL,
	"version" integer NOT NULL,
	"document" jsonb NOT NULL,
	"published_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "purpose_registers_tenant_id_version_pk" PRIMARY KEY("tenant_id","version")
);
--> statement-breakpoint
CREATE TABLE "reveals" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"payer_id" text,
	"inquiry_id" text,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"purpose" text NOT NULL,
	"fields" text[] NOT NULL,
	"reason_sealed" "bytea" NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "reveals_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "reveals_of_somebody" CHECK ("reveals"."payer_id" is not null or "reveals"."inquiry_id" is not null)
);
--> statement-breakpoint
ALTER TABLE "objections" ADD CONSTRAINT "objections_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reveals" ADD CONSTRAINT "reveals_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "objections_purpose" ON "objections" USING btree ("tenant_id","payer_id","purpose");--> statement-breakpoint
CREATE INDEX "reveals_payer" ON "reveals" USING btree ("tenant_id","payer_id","created_at");--> statement-breakpoint
CREATE INDEX "reveals_actor" ON "reveals" USING btree ("tenant_id","actor_id","created_at");--> statement-breakpoint
CREATE INDEX "reveals_created" ON "reveals" USING btree ("tenant_id","created_at");--> statement-breakpoint
alter table objections add constraint objections_source check (source in ('service', 'staff', 'person', 'request'));
--> statement-breakpoint
select panless_guard_table('purpose_registers', 'select, insert');
--> statement-breakpoint
create trigger purpose_registers_append_only before update or delete on purpose_registers
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger purpose_registers_no_truncate before truncate on purpose_registers
  for each statement execute function panless_refuse_change();
--> statement-breakpoint
create trigger purpose_registers_card_numbers before insert on purpose_registers
  for each row execute function panless_refuse_card_numbers('document');
--> statement-breakpoint
select panless_guard_table('objections', 'select, insert');
--> statement-breakpoint
select panless_guard_table('reveals', 'select, insert, delete');
--> statement-breakpoint
select panless_guard_table('deployment_region');
--> statement-breakpoint
-- What the register says is kept for a time only.
grant delete on checkout_sessions to panless_app;
