/** Token buckets per account, region and kind of call: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html */

export type BucketName = "describe" | "create" | "rules" | "modify" | "tags";

export interface BucketSize {
  readonly size: number;
  readonly perSecond: number;
}

export type BucketSizes = Readonly<Record<BucketName, BucketSize>>;

export const REAL_BUCKETS: BucketSizes = {
  describe: { size: 100, perSecond: 20 },
  create: { size: 50, perSecond: 5 },
  rules: { size: 50, perSecond: 5 },
  modify: { size: 100, perSecond: 5 },
  tags: { size: 100, perSecond: 10 },
};

/** Returns a function that takes one token out of a bucket, and says whether there was one. */
export const createThrottle = (sizes: BucketSizes): ((owner: string, name: BucketName, now: number) => boolean) => {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (owner, name, now) => {
    const { size, perSecond } = sizes[name];
    const key = `${owner} ${name}`;
    const before = buckets.get(key) ?? { tokens: size, at: now };
    const tokens = Math.min(size, before.tokens + ((now - before.at) / 1_000) * perSecond);
    const taken = tokens >= 1;
    buckets.set(key, { tokens: taken ? tokens - 1 : tokens, at: now });
    return taken;
  };
};
