/** Reads every book of a platform that has been stopped, straight from the databases' files: nothing in between can flatter. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { EngineOrder } from "../../src/brokers/paper/engine/types.ts";
import { gridOf, quantityText } from "../../src/brokers/paper/grid.ts";
import { paperInstrument } from "../../src/brokers/paper/instruments.ts";
import type { Home } from "../lib/paths.ts";
import type { Books, ExecutionFact } from "./audit.ts";

type Row = Record<string, unknown>;

/** The databases of a folder; of an object's class there is one for each object. */
function databases(folder: string): DatabaseSync[] {
  const files = readdirSync(folder).filter(
    (name) => name.endsWith(".sqlite") && name !== "metadata.sqlite",
  );
  return files.map((name) => new DatabaseSync(join(folder, name)));
}

/** Rows of every database of the folder that has the table. */
function rows(folder: string, query: string): Row[] {
  return databases(folder).flatMap((database) => {
    try {
      return database.prepare(query).all();
    } catch (error) {
      if (/no such table/.test((error as Error).message)) return [];
      throw error;
    } finally {
      database.close();
    }
  });
}

const text = (row: Row, name: string): string => {
  const value = row[name];
  if (typeof value !== "string") throw new Error(`${name} is no text: ${JSON.stringify(row)}`);
  return value;
};

function lots(instrument: string, count: number): string {
  const listed = paperInstrument(instrument);
  if (!listed) throw new Error(`the exchange lists no ${instrument}`);
  return quantityText(gridOf(listed), count);
}

/** The exchange's own books. */
export function brokerBooks(
  home: Home,
): Pick<Books, "broker" | "brokerExecutions" | "brokerPositions" | "duplicates"> {
  const folder = join(home.state, "v3", "do", "trunkline-PaperBroker");
  const broker = rows(folder, "SELECT body FROM orders").map((row) => {
    const order = JSON.parse(text(row, "body")) as EngineOrder;
    const { clientOrderId, state, instrument, filledLots } = order;
    return { clientOrderId, state, filledQuantity: lots(instrument, filledLots) };
  });
  const brokerExecutions = rows(folder, "SELECT body FROM executions").map(
    (row) => JSON.parse(text(row, "body")) as ExecutionFact,
  );
  const brokerPositions = rows(folder, "SELECT instrument, lots FROM positions").map((row) => {
    const instrument = text(row, "instrument");
    return { instrument, quantity: lots(instrument, Number(row["lots"])) };
  });
  const duplicates = rows(folder, "SELECT value FROM settings WHERE name = 'duplicates'");
  return {
    broker,
    brokerExecutions,
    brokerPositions,
    duplicates: duplicates.reduce((sum, row) => sum + Number(row["value"]), 0),
  };
}

/** The tradebook in D1. */
export function tradebookBooks(
  home: Home,
): Pick<Books, "tradebook" | "tradebookExecutions" | "openDeadLetters"> {
  const folder = join(home.state, "v3", "d1", "miniflare-D1DatabaseObject");
  const tradebook = rows(folder, "SELECT client_order_id, state, filled_quantity FROM orders").map(
    (row) => ({
      clientOrderId: text(row, "client_order_id"),
      state: text(row, "state"),
      filledQuantity: text(row, "filled_quantity"),
    }),
  );
  const tradebookExecutions = rows(
    folder,
    "SELECT execution_id, client_order_id, instrument, side, quantity FROM executions",
  ).map((row) => ({
    executionId: text(row, "execution_id"),
    clientOrderId: text(row, "client_order_id"),
    instrument: text(row, "instrument"),
    side: text(row, "side") as "buy" | "sell",
    quantity: text(row, "quantity"),
  }));
  const openDeadLetters = rows(
    folder,
    "SELECT client_order_id FROM dead_letters WHERE status = 'open'",
  ).map((row) => text(row, "client_order_id"));
  return { tradebook, tradebookExecutions, openDeadLetters };
}
