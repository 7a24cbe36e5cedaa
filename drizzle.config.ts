/** Where drizzle-kit finds the tables and puts their migrations: flat SQL files, as `wrangler d1 migrations apply` takes them. */
import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./src/storage/schema.ts",
  out: "./migrations",
});
