CREATE TABLE "inquiries" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"status" text DEFAULT 'received' NOT NULL,
	"source" text NOT NULL,
	"language" text NOT NULL,
	"payer_id" text,
	"wrapped_key" "bytea",
	"key_version" integer,
	"contact_sealed" "bytea",
	"contact_fields" text[] NOT NULL,
	"address_hash" "bytea",
	"form_hash" "bytea",
	"assigned_to" text,
	"privacy_request_id" text,
	"created_by" text NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"acknowledged_at" timestamp with time zone,
	"answered_at" timestamp with time zone,
	"closed_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "inquiries_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "inquiries_kind" CHECK ("inquiries"."kind" in ('question', 'wish', 'complaint')),
	CONSTRAINT "inquiries_status" CHECK ("inquiries"."status" in ('received', 'assigned', 'answered', 'closed')),
	CONSTRAINT "inquiries_source" CHECK ("inquiries"."source" in ('service', 'page')),
	CONSTRAINT "inquiries_one_key" CHECK ("inquiries"."payer_id" is null or "inquiries"."wrapped_key" is null)
);
--> statement-breakpoint
CREATE TABLE "inquiry_messages" (
	"tenant_id" text NOT NULL,
	"inquiry_id" text NOT NULL,
	"id" text NOT NULL,
	"direction" text NOT NULL,
	"author" text NOT NULL,
	"body_sealed" "bytea",
	"mail_id" text,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "inquiry_messages_tenant_id_inquiry_id_id_pk" PRIMARY KEY("tenant_id","inquiry_id","id"),
	CONSTRAINT "inquiry_messages_direction" CHECK ("inquiry_messages"."direction" in ('in', 'out'))
);
--> statement-breakpoint
ALTER TABLE "inquiries" ADD CONSTRAINT "inquiries_tenant_id_payer_id_payers_tenant_id_id_fk" FOREIGN KEY ("tenant_id","payer_id") REFERENCES "public"."payers"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inquiry_messages" ADD CONSTRAINT "inquiry_messages_tenant_id_inquiry_id_inquiries_tenant_id_id_fk" FOREIGN KEY ("tenant_id","inquiry_id") REFERENCES "public"."inquiries"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reveals" ADD CONSTRAINT "reveals_tenant_id_inquiry_id_inquiries_tenant_id_id_fk" FOREIGN KEY ("tenant_id","inquiry_id") REFERENCES "public"."inquiries"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "inquiries_form" ON "inquiries" USING btree ("tenant_id","form_hash");--> statement-breakpoint
CREATE INDEX "inquiries_payer" ON "inquiries" USING btree ("tenant_id","payer_id");--> statement-breakpoint
CREATE INDEX "inquiries_request" ON "inquiries" USING btree ("tenant_id","privacy_request_id");--> statement-breakpoint
CREATE INDEX "inquiries_address" ON "inquiries" USING btree ("tenant_id","address_hash","created_at");--> statement-breakpoint
CREATE INDEX "inquiries_page" ON "inquiries" USING btree ("tenant_id","created_at") WHERE source = 'page';--> statement-breakpoint
CREATE INDEX "inquiries_open" ON "inquiries" USING btree ("tenant_id","due_at") WHERE status in ('received', 'assigned');--> statement-breakpoint
CREATE INDEX "inquiries_closed" ON "inquiries" USING btree ("tenant_id","closed_at") WHERE contact_sealed is not null;
--> statement-breakpoint
select panless_guard_table('inquiries');
--> statement-breakpoint
select panless_guard_table('inquiry_messages', 'select, insert');
--> statement-breakpoint
grant update (body_sealed) on inquiry_messages to panless_app;
--> statement-breakpoint
create trigger inquiries_moves before update of status on inquiries
  for each row execute function panless_allow_moves(
    'received>assigned', 'received>answered', 'received>closed', 'assigned>answered', 'assigned>closed',
    'answered>assigned', 'answered>closed');
--> statement-breakpoint
create trigger inquiries_no_delete before delete on inquiries
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger inquiry_messages_no_delete before delete on inquiry_messages
  for each row execute function panless_refuse_change();
--> statement-breakpoint
create trigger inquiries_card_numbers before insert or update of assigned_to on inquiries
  for each row when (new.assigned_to is not null) execute function panless_refuse_card_numbers('assigned_to');
