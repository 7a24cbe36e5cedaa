CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`secret_sha256` text NOT NULL,
	`scopes` text NOT NULL,
	`algo_id` text,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE TABLE `audit_log` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`by` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`before` text NOT NULL,
	`after` text NOT NULL,
	`reason` text,
	`ledger_version` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_log_once` ON `audit_log` (`ledger_version`,`action`,`subject`,`before`,`after`);--> statement-breakpoint
CREATE TABLE `dead_letters` (
	`client_order_id` text PRIMARY KEY NOT NULL,
	`algo_id` text NOT NULL,
	`instrument` text NOT NULL,
	`label` text NOT NULL,
	`reason` text NOT NULL,
	`attempts` integer NOT NULL,
	`intent` text NOT NULL,
	`status` text NOT NULL,
	`created_at` integer NOT NULL,
	`ledger_version` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `dead_letters_created` ON `dead_letters` (`created_at`,`client_order_id`);--> statement-breakpoint
CREATE TABLE `decisions` (
	`id` text PRIMARY KEY NOT NULL,
	`algo_id` text NOT NULL,
	`instrument` text NOT NULL,
	`action` text NOT NULL,
	`tick_seq` integer NOT NULL,
	`decided_at` integer NOT NULL,
	`file` text NOT NULL,
	`offset_bytes` integer NOT NULL,
	`length_bytes` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decisions_algo` ON `decisions` (`algo_id`,`decided_at`);--> statement-breakpoint
CREATE INDEX `decisions_instrument` ON `decisions` (`instrument`,`decided_at`);--> statement-breakpoint
CREATE TABLE `executions` (
	`account` text NOT NULL,
	`execution_id` text NOT NULL,
	`client_order_id` text NOT NULL,
	`broker_order_id` text NOT NULL,
	`algo_id` text NOT NULL,
	`instrument` text NOT NULL,
	`side` text NOT NULL,
	`quantity` text NOT NULL,
	`price` text NOT NULL,
	`fee` text NOT NULL,
	`fee_currency` text NOT NULL,
	`executed_at` integer NOT NULL,
	`ledger_version` integer NOT NULL,
	PRIMARY KEY(`account`, `execution_id`)
);
--> statement-breakpoint
CREATE INDEX `executions_time` ON `executions` (`executed_at`,`account`,`execution_id`);--> statement-breakpoint
CREATE INDEX `executions_algo` ON `executions` (`algo_id`,`executed_at`);--> statement-breakpoint
CREATE INDEX `executions_order` ON `executions` (`client_order_id`);--> statement-breakpoint
CREATE TABLE `orders` (
	`client_order_id` text PRIMARY KEY NOT NULL,
	`algo_id` text NOT NULL,
	`account` text NOT NULL,
	`instrument` text NOT NULL,
	`side` text NOT NULL,
	`type` text NOT NULL,
	`quantity` text NOT NULL,
	`limit_price` text,
	`stop_price` text,
	`time_in_force` text NOT NULL,
	`protective_stop` text,
	`reduce_only` integer NOT NULL,
	`state` text NOT NULL,
	`filled_quantity` text NOT NULL,
	`average_price` text,
	`broker_order_id` text,
	`refusal` text,
	`reason` text,
	`approved_version` integer NOT NULL,
	`epoch` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`ledger_version` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `orders_created` ON `orders` (`created_at`,`client_order_id`);--> statement-breakpoint
CREATE INDEX `orders_algo` ON `orders` (`algo_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `positions_by_day` (
	`day` text NOT NULL,
	`algo_id` text NOT NULL,
	`instrument` text NOT NULL,
	`account` text NOT NULL,
	`quantity` text NOT NULL,
	`average_price` text,
	`realised_profit` text NOT NULL,
	`ledger_version` integer NOT NULL,
	PRIMARY KEY(`day`, `algo_id`, `instrument`, `account`)
);
--> statement-breakpoint
CREATE TABLE `risk_by_day` (
	`day` text NOT NULL,
	`algo_id` text NOT NULL,
	`instrument` text NOT NULL,
	`money_at_risk_max` text NOT NULL,
	`notional_max` text NOT NULL,
	`realised_profit` text NOT NULL,
	`ledger_version` integer NOT NULL,
	PRIMARY KEY(`day`, `algo_id`, `instrument`)
);
--> statement-breakpoint
CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`changed_by` text NOT NULL,
	`changed_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `watchlist` (
	`instrument` text PRIMARY KEY NOT NULL,
	`weight` real NOT NULL,
	`place` integer NOT NULL
);
