/** Refuses a body that is too large before it is read whole, whether or not it says its length. */
import { bodyLimit as honoBodyLimit } from "hono/body-limit";
import { REQUEST_BODY_BYTES_MAX } from "../../domain/limits.ts";
import { fail } from "../error-handler.ts";

export const bodyLimit = honoBodyLimit({
  maxSize: REQUEST_BODY_BYTES_MAX,
  onError: () => {
    throw fail("BODY_TOO_LARGE", `A body may be at most ${REQUEST_BODY_BYTES_MAX} bytes.`, {
      limit: String(REQUEST_BODY_BYTES_MAX),
    });
  },
});
