-- An erasure empties, or removes, what was said about a person in tables that are otherwise only added to.
grant update (reason_sealed) on reveals to panless_app;
--> statement-breakpoint
grant delete on objections to panless_app;
