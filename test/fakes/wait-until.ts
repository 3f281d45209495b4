/** Waits for the world to be so; for what happens by itself a moment later. */

export const waitUntil = async (what: string, so: () => boolean | Promise<boolean>, limitMs = 5_000): Promise<void> => {
  const deadline = performance.now() + limitMs;
  while (!(await so())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};
