CREATE TABLE `order_events` (
	`client_order_id` text NOT NULL,
	`version` integer NOT NULL,
	`at` integer NOT NULL,
	`event_id` text,
	`body` text NOT NULL,
	PRIMARY KEY(`client_order_id`, `version`)
) WITHOUT ROWID;
