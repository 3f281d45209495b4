/** Every run tries the same random cases, so that it is the change that fails and not the day; `SEED=$RANDOM npm test` looks for others. */

import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.SEED ?? 20_261_123) });
