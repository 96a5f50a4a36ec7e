CREATE TABLE "disclosure_people" (
	"tenant_id" text NOT NULL,
	"payer_id" text NOT NULL,
	"disclosure_id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "disclosure_people_tenant_id_payer_id_disclosure_id_pk" PRIMARY KEY("tenant_id","payer_id","disclosure_id")
);
--> statement-breakpoint
ALTER TABLE "consents" ADD COLUMN "recorded_by" text;--> statement-breakpoint
CREATE TABLE "disclosures" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"status" text NOT NULL,
	"basis" text NOT NULL,
	"purpose" text NOT NULL,
	"payer_id" text,
	"wrapped_key" "bytea",
	"key_version" integer,
	"recipient_code" text,
	"recipient_hash" "bytea",
	"consent_id" text,
	"details_sealed" "bytea",
	"fields" text[] NOT NULL,
	"cohort" jsonb,
	"report" jsonb,
	"people" integer DEFAULT 0 NOT NULL,
	"format" text NOT NULL,
	"sha256" "bytea",
	"package_sealed" "bytea",
	"package_until" timestamp with time zone,
	"downloads" integer DEFAULT 0 NOT NULL,
	"created_by" text NOT NULL,
	"decided_by" text,
	"created_at" timestamp with time zone NOT NULL,
	"decided_at" timestamp with time zone,
	CONSTRAINT "disclosures_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "disclosures_status" CHECK ("disclosures"."status" in ('pending', 'made', 'refused')),
	CONSTRAINT "disclosures_basis" CHECK ("disclosures"."basis" in ('consent', 'law', 'deidentified', 'contract')),
	CONSTRAINT "disclosures_one_key" CHECK ("disclosures"."payer_id" is null or "disclosures"."wrapped_key" is null),
	CONSTRAINT "disclosures_second_person" CHECK ("disclosures"."basis" <> 'law' or "disclosures"."status" <> 'made' or ("disclosures"."decided_by" is not null and "disclosures"."decided_by" <> "disclosures"."created_by")),
	CONSTRAINT "disclosures_consent" CHECK (("disclosures"."basis" = 'consent') = ("disclosures"."consent_id" is not null))
);
--> statement-breakpoint
ALTER TABLE "disclosure_people" ADD CONSTRAINT "disclosure_people_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "disclosure_people" ADD CONSTRAINT "disclosure_people_disclosure_fk" FOREIGN KEY ("tenant_id","disclosure_id") REFERENCES "public"."disclosures"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "disclosures" ADD CONSTRAINT "disclosures_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "disclosures" ADD CONSTRAINT "disclosures_tenant_id_consent_id_consents_tenant_id_id_fk" FOREIGN KEY ("tenant_id","consent_id") REFERENCES "public"."consents"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "disclosure_people_disclosure" ON "disclosure_people" USING btree ("tenant_id","disclosure_id");--> statement-breakpoint
CREATE INDEX "disclosures_payer" ON "disclosures" USING btree ("tenant_id","payer_id");--> statement-breakpoint
CREATE INDEX "disclosures_recipient" ON "disclosures" USING btree ("tenant_id","recipient_hash");--> statement-breakpoint
CREATE INDEX "disclosures_package" ON "disclosures" USING btree ("tenant_id","package_until") WHERE package_sealed is not null;
--> statement-breakpoint
select panless_guard_table('disclosures', 'select, insert');
--> statement-breakpoint
-- What a disclosure says is never changed: it is decided once, its package is fetched and forgotten, its key wrapped anew.
grant update (status, people, report, sha256, details_sealed, package_sealed, package_until, downloads, decided_by, decided_at,
              wrapped_key, key_version)
  on disclosures to panless_app;
--> statement-breakpoint
select panless_guard_table('disclosure_people', 'select, insert');
--> statement-breakpoint
create trigger disclosures_moves before update of status on disclosures
  for each row execute function panless_allow_moves('pending>made', 'pending>refused');
--> statement-breakpoint
create trigger disclosures_no_delete before delete on disclosures
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger disclosures_no_truncate before truncate on disclosures
  for each statement execute function panless_refuse_change();
--> statement-breakpoint
create trigger disclosure_people_append_only before update or delete on disclosure_people
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger disclosure_people_no_truncate before truncate on disclosure_people
  for each statement execute function panless_refuse_change();
--> statement-breakpoint

-- Stripe is told of a payer when the payer's customer is made there, whichever way that happens: one entry in the log,
-- whose id is made of the payer's, so that there is never a second.
create function panless_log_stripe_customer(p_tenant text, p_payer text, p_at timestamptz) returns void
  language plpgsql set search_path = public, pg_temp as $$
declare
  disclosure text := 'disc_' || substr(p_payer, 7);
begin
  insert into disclosures (tenant_id, id, status, basis, purpose, payer_id, recipient_code, fields, people, format, created_by, created_at)
  values (p_tenant, disclosure, 'made', 'contract', 'settle_payments', p_payer, 'stripe', array['payer_id', 'cards', 'charges'],
          1, 'json', 'panless', p_at)
  on conflict do nothing;
  insert into disclosure_people (tenant_id, payer_id, disclosure_id, at) values (p_tenant, p_payer, disclosure, p_at)
  on conflict do nothing;
end
$$;
--> statement-breakpoint
create function panless_log_stripe_customer() returns trigger
  language plpgsql set search_path = public, pg_temp as $$
begin
  perform panless_log_stripe_customer(new.tenant_id, new.id, new.updated_at);
  return null;
end
$$;
--> statement-breakpoint
create trigger payers_told_stripe after update of stripe_customer_id on payers
  for each row when (old.stripe_customer_id is null and new.stripe_customer_id is not null)
  execute function panless_log_stripe_customer();
--> statement-breakpoint
create trigger payers_made_with_customer after insert on payers
  for each row when (new.stripe_customer_id is not null) execute function panless_log_stripe_customer();
--> statement-breakpoint
-- The customers that there are already.
do $$
declare
  tenant text;
begin
  for tenant in select id from tenants loop
    perform set_config('app.tenant', tenant, true);
    perform panless_log_stripe_customer(tenant_id, id, updated_at) from payers
      where tenant_id = tenant and stripe_customer_id is not null;
  end loop;
  perform set_config('app.tenant', '', true);
end
$$;
