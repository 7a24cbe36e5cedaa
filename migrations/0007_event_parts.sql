CREATE TABLE `event_moves` (
	`id` integer PRIMARY KEY NOT NULL,
	`day` text,
	`after_id` text DEFAULT '' NOT NULL,
	`finished_at` integer,
	`failing_since` integer,
	`error` text,
	`events` integer DEFAULT 0 NOT NULL,
	`moved_at` integer
);
--> statement-breakpoint
CREATE TABLE `event_parts` (
	`day` text NOT NULL,
	`key` text NOT NULL,
	`first_id` text NOT NULL,
	`last_id` text NOT NULL,
	`events` integer NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`moved_at` integer NOT NULL,
	PRIMARY KEY(`day`, `key`)
) WITHOUT ROWID;
