CREATE TABLE `moved_ids` (
	`bucket` integer NOT NULL,
	`day` text NOT NULL,
	`marks` text NOT NULL,
	PRIMARY KEY(`bucket`, `day`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `row_moves` (
	`kind` text PRIMARY KEY NOT NULL,
	`day` text,
	`after_id` text DEFAULT '' NOT NULL,
	`finished_at` integer,
	`failing_since` integer,
	`error` text,
	`stayed` integer DEFAULT 0 NOT NULL,
	`rows` integer DEFAULT 0 NOT NULL,
	`moved_at` integer
);
--> statement-breakpoint
CREATE TABLE `row_parts` (
	`kind` text NOT NULL,
	`day` text NOT NULL,
	`key` text NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`algos` text NOT NULL,
	`instruments` text NOT NULL,
	`rows` integer NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`moved_at` integer NOT NULL,
	PRIMARY KEY(`kind`, `key`)
);
--> statement-breakpoint
CREATE INDEX `row_parts_time` ON `row_parts` (`kind`,`last_at`);