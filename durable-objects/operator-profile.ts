/**
 * One person's profile and home-page shortcuts: a small object that keeps itself, by itty-durable.
 * Only the Worker reaches it, after it has verified the person; nothing on an order's path does.
 */
import { createDurable } from "itty-durable";
import { json, type IRequest, type RouterType } from "itty-router";
import { profileRequest, type OperatorSettings } from "../src/contract/operations.ts";

/** itty-durable's own types leave its `state` empty: these are the parts used here. */
interface IttyState {
  router: RouterType;
  env: Env;
}

export class OperatorProfile extends createDurable() {
  // Public fields are what itty-durable stores and loads; their first values are the defaults.
  displayName = "";
  theme: OperatorSettings["theme"] = "auto";
  shortcuts: OperatorSettings["shortcuts"] = [];

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    const { router } = this.state as IttyState;
    router
      .get("/profile", () => json(this.#settings()))
      .put("/profile", async (request: IRequest) => {
        const { displayName, theme, shortcuts } = profileRequest.parse(await request.json());
        Object.assign(this, { displayName, theme, shortcuts });
        // Stored before it is answered: the memory of an object may vanish at any time.
        await this.persist();
        return json(this.#settings());
      });
  }

  #settings(): OperatorSettings {
    const { displayName, theme, shortcuts } = this;
    return { displayName, theme, shortcuts };
  }
}
